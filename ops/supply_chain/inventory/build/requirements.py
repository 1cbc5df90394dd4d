"""What a distribution says it needs, ready to be asked against a lock.

The environment that a lock is installed into is not known here, so every condition on it counts as met;
only `extra` is known, from the lock and the other requirements.

Source: PEP 508 / dependency specifiers; core metadata `Requires-Dist`.
"""

from __future__ import annotations

from functools import lru_cache

import msgspec

from ops.supply_chain.contracts.values.core_metadata import CoreMetadata
from ops.supply_chain.core.names import normalise


class Need(msgspec.Struct, frozen=True, kw_only=True):
    """One requirement: of which package (PEP 503), with which extras, in which versions, under which marker."""

    key: str
    extras: frozenset[str]
    specifier: str
    marker: str


def needs_of(metadata: CoreMetadata) -> tuple[Need, ...] | None:
    """Read the requirements of a distribution.

    Returns:
        In the order of the file; None where the metadata does not bind what is built from it, or one
        requirement cannot be read: then the list may be incomplete.
    """
    if not metadata.requires_known:
        return None
    needs = [_need(text) for text in metadata.requires_dist]
    return None if None in needs else tuple(need for need in needs if need is not None)


@lru_cache(maxsize=65536)
def allows(specifier: str, version: str) -> bool:
    """Return whether a specifier allows a version, pre-releases included.

    Args:
        specifier: As `packaging` writes it; empty allows all.
        version: Exact; empty, or one that PEP 440 cannot read, may be any and is allowed.
    """
    if not specifier or not version:
        return True
    from packaging.specifiers import SpecifierSet
    from packaging.version import InvalidVersion, Version

    try:
        return SpecifierSet(specifier).contains(Version(version), prereleases=True)
    except InvalidVersion:
        return True


@lru_cache(maxsize=65536)
def _need(text: str) -> Need | None:
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        found = Requirement(text)
    except (InvalidRequirement, RecursionError):
        return None
    return Need(
        key=normalise(found.name),
        extras=frozenset(map(normalise, found.extras)),
        specifier=str(found.specifier),
        marker=str(found.marker) if found.marker else "",
    )
