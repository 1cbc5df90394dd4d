"""The sibling files of a lock, its SBOM and its publisher baseline, and whether each must be written.

A baseline entry is written when a direct dependency is new or changes its version, and then stays:
`check_publishers` compares it with what the index publishes later, so a compile that rewrote it would hide a change
of publisher.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping

import msgspec

from ops.supply_chain.contracts.files.publisher_baseline import PublisherBaseline
from ops.supply_chain.contracts.values.package_index import ProjectInfo
from ops.supply_chain.contracts.values.publisher import Publisher
from ops.supply_chain.core.names import normalise
from ops.supply_chain.dependencies.compile.diff import CompiledPins, describes, pins_of
from ops.supply_chain.dependencies.compile.header import body_of
from ops.supply_chain.dependencies.compile.resolve import LockResult
from ops.supply_chain.dependencies.compile.sources import LOCK_SUFFIX

BOM_SUFFIX = ".cdx.json"
BASELINE_SUFFIX = ".provenance.json"
EMPTY = PublisherBaseline(direct_deps={})


class SiblingFiles(msgspec.Struct, frozen=True, kw_only=True):
    """One resolved lock and its sibling files.

    `bom_stale` is True if its SBOM is missing or describes another lock, as after a run that was killed between two
    files. `direct` are the packages of the baseline, sorted; `to_fetch` those of them whose entry must come from the
    index, sorted. `baseline` is the present one, None if there is none.
    """

    result: LockResult
    bom_stale: bool
    direct: tuple[str, ...]
    to_fetch: tuple[str, ...]
    baseline: PublisherBaseline | None

    @property
    def lock_path(self) -> str:
        """The lock, relative to the project."""
        return self.result.job.path

    @property
    def bom_path(self) -> str:
        """The SBOM beside the lock."""
        return bom_path(self.lock_path)

    @property
    def baseline_path(self) -> str:
        """The publisher baseline beside the lock."""
        return baseline_path(self.lock_path)

    @property
    def stale(self) -> bool:
        """Whether anything must be written, as far as is known without the index."""
        outdated = self.baseline is None or not names_of(self.baseline) <= set(self.direct)
        return self.result.changed or self.bom_stale or outdated

    def new_baseline(self, fetched: Mapping[str, Publisher]) -> PublisherBaseline | None:
        """Return the baseline to write, None if the present one stays.

        Args:
            fetched: Publishers from the index, at least those of `to_fetch` that it describes.
        """
        known = self.baseline or EMPTY
        new = merge(known, self.direct, {name: fetched[name] for name in self.to_fetch if name in fetched})
        return None if new == self.baseline else new


def bom_path(lock_path: str) -> str:
    """Return the path of a lock's SBOM."""
    return lock_path.removesuffix(LOCK_SUFFIX) + BOM_SUFFIX


def baseline_path(lock_path: str) -> str:
    """Return the path of a lock's publisher baseline."""
    return lock_path.removesuffix(LOCK_SUFFIX) + BASELINE_SUFFIX


def check_siblings(
    result: LockResult, *, bom: str | None, baseline: PublisherBaseline | None, refresh: bool
) -> SiblingFiles:
    """Find which sibling files of a resolved lock must be written.

    Args:
        result: The lock.
        bom: The text of its SBOM, None if there is none.
        baseline: Its publisher baseline, None if there is none.
        refresh: True fetches the publisher of every direct dependency again.
    """
    pins = pins_of(body_of(result.text))
    direct = tuple(name for name in result.job.names if _is_from_index(pins, name))
    changed = {change.name for change in result.changes if change.before != change.after}
    return SiblingFiles(
        result=result,
        bom_stale=result.changed or not describes(_parsed(bom), pins),
        direct=direct,
        to_fetch=to_fetch(baseline or EMPTY, direct, changed, refresh=refresh),
        baseline=baseline,
    )


def to_fetch(
    old: PublisherBaseline, direct: Collection[str], changed: Collection[str], *, refresh: bool
) -> tuple[str, ...]:
    """Return the direct dependencies whose entry must be fetched from the index, sorted.

    Args:
        old: The baseline beside the lock, or `EMPTY`.
        direct: PEP 503 names of the direct dependencies that the lock pins from an index.
        changed: Names whose version is new in the lock.
        refresh: True fetches all.
    """
    known = names_of(old)
    return tuple(sorted(name for name in direct if refresh or name in changed or name not in known))


def merge(old: PublisherBaseline, direct: Collection[str], fetched: Mapping[str, Publisher]) -> PublisherBaseline:
    """Return the new baseline: fetched entries, else the old ones, of the direct dependencies only.

    Args:
        old: The baseline beside the lock, or `EMPTY`; an old entry keeps the spelling of its name.
        direct: The lock's direct dependencies, PEP 503.
        fetched: Entries from the index; a package that the index does not describe keeps its old one.
    """
    kept = {
        spelt: entry
        for spelt, entry in old.direct_deps.items()
        if normalise(spelt) in direct and normalise(spelt) not in fetched
    }
    return msgspec.structs.replace(old, direct_deps=dict(sorted({**kept, **fetched}.items())))


def names_of(baseline: PublisherBaseline) -> frozenset[str]:
    """Return the PEP 503 names of a baseline's entries; existing files spell them as their source does."""
    return frozenset(normalise(spelt) for spelt in baseline.direct_deps)


def publisher_of(info: ProjectInfo) -> Publisher:
    """Return the publisher part of a project's metadata."""
    return Publisher(
        author=info.author,
        author_email=info.author_email,
        home_page=info.home_page,
        maintainer=info.maintainer,
        maintainer_email=info.maintainer_email,
        project_urls=dict(info.project_urls),
    )


def _is_from_index(pins: CompiledPins, name: str) -> bool:
    # A direct dependency may be missing from the lock (its marker excludes it) or come from an address.
    versions = pins.versions.get(name, ())
    return bool(versions) and not any("/" in version for version in versions)


def _parsed(text: str | None) -> object:
    try:
        return json.loads(text or "")
    except (ValueError, RecursionError):
        return None
