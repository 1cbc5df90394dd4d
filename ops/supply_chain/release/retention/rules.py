"""How long releases are kept, how they form a chain, and which may be removed.

Source: docs/stages/retain_artifacts.md
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime

import msgspec

from ops.supply_chain.contracts.config.file import Config
from ops.supply_chain.contracts.config.periods import RetainedOn, retained_until
from ops.supply_chain.contracts.files.manifest import (
    HeldRelease,
    Manifest,
    ManifestFile,
    PreviousRelease,
    PrunedRelease,
)
from ops.supply_chain.contracts.files.provenance import ResourceDescriptor, Statement
from ops.supply_chain.contracts.values.release_naming import naming_of, provenance_name
from ops.supply_chain.contracts.values.signature_names import BUNDLE_SUFFIXES, is_signature
from ops.supply_chain.core.moments import timestamp
from ops.supply_chain.release.assembly.layout import checksums_name, gate_name, report_names


class PruneDecision(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a retained release may be removed, and why or why not."""

    held: HeldRelease
    remove: bool
    reason: str


def newest(releases: Sequence[HeldRelease]) -> HeldRelease | None:
    """Return the release of one component that the next one follows, or None if there is none.

    Args:
        releases: Any order; those without a readable manifest are passed over.
    """
    readable = [held for held in releases if held.manifest is not None]
    return max(readable, key=_sequence, default=None)


def build_manifest(
    files: Sequence[ManifestFile],
    *,
    component: str,
    version: str,
    created: str,
    now: datetime,
    until: date,
    last: tuple[int, PreviousRelease] | None,
) -> Manifest:
    """Make the manifest of a release that is about to be retained.

    Args:
        files: All its files, any order, the provenance among them.
        component: N.
        version: V.
        created: The timestamp in the released files.
        now: The time of retaining.
        until: The last day on which it must be kept.
        last: Sequence number and reference of the newest release so far; None for the first.
    """
    digests = {file.name: file.sha256 for file in files}
    return Manifest(
        schema="manifest/1",
        component=component,
        version=version,
        created=created,
        retained_at=timestamp(now),
        retained_until=until.isoformat(),
        sequence=last[0] + 1 if last else 1,
        previous=last[1] if last else None,
        provenance_sha256=digests[provenance_name(component, version, naming_of(digests))],
        files=tuple(sorted(files, key=lambda file: file.name)),
    )


def differing(manifest: Manifest, files: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names of files that differ from the retained release.

    Provenance, checksums, records, signatures and verification reports depend on the run and may differ;
    everything else is a pure function of the source.

    Args:
        manifest: Of the retained release.
        files: Name -> SHA-256 of the second making.
    Returns:
        Sorted; empty means that it is the same release.
    """
    component, version = manifest.component, manifest.version
    kept = {file.name: file.sha256 for file in manifest.files}
    of_a_run = {
        gate_name(component, version),
        provenance_name(component, version, naming_of(kept)),
        checksums_name(component, version),
        *report_names(component, version).values(),
    }
    return tuple(
        name
        for name in sorted(kept.keys() | files.keys())
        if name not in of_a_run and not is_signature(name) and kept.get(name) != files.get(name)
    )


def other_source(kept: Statement, again: Statement) -> str:
    """Return how the source of a second making differs from that of the retained release; empty if it is the same.

    A project that differs from its commit is no source that another making could be known to have.
    """
    before, now = _source(kept), _source(again)
    if any(descriptor.annotations.get("dirty") is True for descriptor in now):
        return "made from files that differ from their commit"
    return "" if before == now else "made from another commit"


def _source(statement: Statement) -> list[ResourceDescriptor]:
    found = statement.predicate.build_definition.resolved_dependencies
    return [descriptor for descriptor in found if descriptor.annotations.get("role") == "source"]


def lacks_signatures(manifest: Manifest, names: Iterable[str]) -> bool:
    """Return whether a release that is signed now was retained unsigned.

    Args:
        manifest: Of the retained release.
        names: Of the files now.
    """
    kept = any(file.name.endswith(BUNDLE_SUFFIXES) for file in manifest.files)
    return not kept and any(name.endswith(BUNDLE_SUFFIXES) for name in names)


def with_chain_problems(releases: Sequence[HeldRelease], pruned: Sequence[PrunedRelease]) -> tuple[HeldRelease, ...]:
    """Check the chain of the releases of one component.

    Each names the one before it by its manifest's digest. That one is there, or it is among the pruned;
    otherwise it was removed or changed. Removal of the newest release cannot be detected here.

    Args:
        releases: All of one component, any order.
        pruned: What is left of its pruned ones.
    Returns:
        The same, with problems of the chain added, sorted by sequence, unreadable ones last.
    """
    links = {entry.version: (entry.sequence, entry.manifest_sha256) for entry in pruned}
    links |= {held.version: (_sequence(held), held.manifest_sha256) for held in releases}
    taken: dict[int, str] = {}
    checked = []
    for held in sorted(releases, key=lambda held: (held.manifest is None, _sequence(held), held.version)):
        problems = list(held.problems)
        if held.manifest is not None:
            problems += _link_problems(held.manifest, links)
            first = taken.setdefault(held.manifest.sequence, held.version)
            if first != held.version:
                problems.append(f"{held.version}: has the same place in the chain as {first}")
        checked.append(msgspec.structs.replace(held, problems=tuple(problems)))
    return tuple(checked)


KeptUntil = Callable[[Manifest], date]
"""The last day on which a release must be kept."""


def by_configuration(config: Config) -> KeptUntil:
    """Return a function for the later of two days: that of the manifest, and that of the configuration of today.

    The configuration of today never shortens what a manifest states.
    """

    def until(manifest: Manifest) -> date:
        return max(by_manifest(manifest), retained_until(config, retained_on(manifest)))

    return until


def retained_on(manifest: Manifest) -> RetainedOn:
    """Return a release and the day on which it was retained."""
    return RetainedOn(manifest.version, date.fromisoformat(manifest.retained_at[:10]))


def by_manifest(manifest: Manifest) -> date:
    """Return the last day that the manifest states."""
    return date.fromisoformat(manifest.retained_until)


def plan_pruning(
    releases: Sequence[HeldRelease], now: datetime, kept_until: KeptUntil = by_manifest
) -> tuple[PruneDecision, ...]:
    """Decide for each retained release of one component whether it may be removed.

    Never one that has not expired, never the newest, never one that is not exactly as its manifest says.

    Args:
        releases: As `with_chain_problems` returns them, read with every digest checked.
        now: The present moment.
        kept_until: Until when a release must be kept; a day before that of its manifest does not count.
    Returns:
        One decision each, in the same order.
    """
    last = newest(releases)
    return tuple(_decide(held, last, now, kept_until) for held in releases)


def pruned_entry(manifest: Manifest, manifest_sha256: str, now: datetime) -> PrunedRelease:
    """Write down what is left of a release that is about to be removed."""
    return PrunedRelease(
        version=manifest.version,
        sequence=manifest.sequence,
        manifest_sha256=manifest_sha256,
        retained_until=manifest.retained_until,
        pruned_at=timestamp(now),
    )


def _sequence(held: HeldRelease) -> int:
    return held.manifest.sequence if held.manifest is not None else 0


def _link_problems(manifest: Manifest, links: Mapping[str, tuple[int, str]]) -> list[str]:
    if manifest.previous is None:
        return (
            [] if manifest.sequence == 1 else [f"{manifest.version}: names no release before it, and is not the first"]
        )
    before = manifest.previous.version
    if before not in links:
        return [f"{manifest.version}: the release before it, {before}, is gone and was not pruned"]
    sequence, sha256 = links[before]
    if (sequence + 1, manifest.previous.manifest_sha256) != (manifest.sequence, sha256):
        return [f"{manifest.version}: the release before it, {before}, is not the one that it names"]
    return []


def _decide(held: HeldRelease, last: HeldRelease | None, now: datetime, kept_until: KeptUntil) -> PruneDecision:
    if held.manifest is None or held.problems:
        return PruneDecision(held=held, remove=False, reason="does not verify")
    until = max(kept_until(held.manifest), by_manifest(held.manifest))
    if now.date() <= until:
        return PruneDecision(held=held, remove=False, reason=f"kept until {until}")
    if last is not None and held.version == last.version:
        return PruneDecision(held=held, remove=False, reason="the newest")
    return PruneDecision(held=held, remove=True, reason=f"expired after {until}")
