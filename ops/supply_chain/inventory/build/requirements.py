"""What a distribution says it needs, ready to be asked against a lock.

The environment that a lock is installed into is not known here, so every condition on it counts as met;
only `extra` is known, from the lock and the other requirements.

Source: PEP 508 / dependency specifiers; core metadata `Requires-Dist`.
"""

from __future__ import annotations

import re
from functools import lru_cache

import msgspec

from ops.supply_chain.contracts.values.core_metadata import CoreMetadata
from ops.supply_chain.core.names import normalise

_ATOM = r"""(?:"[^"]*"|'[^']*'|[a-z_.]+)"""
_TOKEN = re.compile(
    rf"\s*(?:(?P<paren>[()])|(?P<left>{_ATOM})\s*(?P<how>===|==|!=|<=|>=|<|>|~=|not\s+in|in)\s*(?P<right>{_ATOM})"
    r"|(?P<word>and|or)\b)"
)


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
def may_apply(marker: str, extras: frozenset[str]) -> bool:
    """Return whether a marker can be true in some environment with these extras.

    Args:
        marker: As `packaging` writes it; empty always applies.
        extras: PEP 503 names.
    """
    tokens = list(_TOKEN.finditer(marker))
    if "".join(token[0] for token in tokens).strip() != marker.strip():
        return True  # not a form that we know: possible is the answer that hides nothing
    value, rest = _any_of(tokens, extras)
    return value if not rest else True


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


def _any_of(tokens: list[re.Match[str]], extras: frozenset[str]) -> tuple[bool, list[re.Match[str]]]:
    # Grammar: marker_or = marker_and *("or" marker_and); marker_and = marker_expr *("and" marker_expr)
    value, rest = _all_of(tokens, extras)
    while rest and rest[0]["word"] == "or":
        other, rest = _all_of(rest[1:], extras)
        value = value or other
    return value, rest


def _all_of(tokens: list[re.Match[str]], extras: frozenset[str]) -> tuple[bool, list[re.Match[str]]]:
    value, rest = _one_of(tokens, extras)
    while rest and rest[0]["word"] == "and":
        other, rest = _one_of(rest[1:], extras)
        value = value and other
    return value, rest


def _one_of(tokens: list[re.Match[str]], extras: frozenset[str]) -> tuple[bool, list[re.Match[str]]]:
    if tokens and tokens[0]["paren"] == "(":
        value, rest = _any_of(tokens[1:], extras)
        return value, rest[1:]
    return (_comparison(tokens[0], extras), tokens[1:]) if tokens else (True, [])


def _comparison(token: re.Match[str], extras: frozenset[str]) -> bool:
    left, how, right = token["left"], token["how"], token["right"]
    if (left == "extra" and how == "==") or (right in ("extras", "dependency_groups") and how == "in"):
        return normalise((right if left == "extra" else left).strip("\"'")) in extras
    if right == "extra" and how == "==":
        return normalise(left.strip("\"'")) in extras
    return True
