"""The publisher baseline of a lock: whose entries are kept, whose are made anew.

An entry is written when a direct dependency is new or changes its version, and then stays: what the
index says of an unchanged dependency today is held against it by `check_publishers`, so a compile that
rewrote it would hide exactly that.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import msgspec

from ops.supply_chain.contracts.files.publisher_baseline import PublisherBaseline
from ops.supply_chain.contracts.values.package_index import ProjectInfo
from ops.supply_chain.contracts.values.publisher import Publisher
from ops.supply_chain.core.names import normalise

EMPTY = PublisherBaseline(direct_deps={})


def to_ask(
    old: PublisherBaseline, direct: Collection[str], changed: Collection[str], *, refresh: bool
) -> tuple[str, ...]:
    """List the direct dependencies whose entry must be made from the index, sorted.

    Args:
        old: The baseline beside the lock, or `EMPTY`.
        direct: PEP 503 names of the direct dependencies that the lock pins from an index.
        changed: Names whose version is new in the lock.
        refresh: True asks for all.
    """
    known = names_of(old)
    return tuple(sorted(name for name in direct if refresh or name in changed or name not in known))


def merge(old: PublisherBaseline, direct: Collection[str], fresh: Mapping[str, Publisher]) -> PublisherBaseline:
    """Return the new baseline: fresh entries, else the old ones, of the direct dependencies only.

    Args:
        old: The baseline beside the lock, or `EMPTY`; an old entry keeps the spelling of its name.
        direct: The lock's direct dependencies, PEP 503.
        fresh: Newly made entries; a name that the index does not describe is not in it and keeps its old one.
    """
    kept = {
        spelt: entry
        for spelt, entry in old.direct_deps.items()
        if normalise(spelt) in direct and normalise(spelt) not in fresh
    }
    return msgspec.structs.replace(old, direct_deps=dict(sorted({**kept, **fresh}.items())))


def names_of(baseline: PublisherBaseline) -> frozenset[str]:
    """Return the PEP 503 names that a baseline has entries of; existing files spell them as their source does."""
    return frozenset(normalise(spelt) for spelt in baseline.direct_deps)


def publisher_of(info: ProjectInfo) -> Publisher:
    """Take from what the index says of a project who publishes it."""
    return Publisher(
        author=info.author,
        author_email=info.author_email,
        home_page=info.home_page,
        maintainer=info.maintainer,
        maintainer_email=info.maintainer_email,
        project_urls=dict(info.project_urls),
    )
