"""Recorded publishers before and after a change: a baseline that a change edits proves nothing about the change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from ops.supply_chain.contracts.config.publishers import PublishersConfig
from ops.supply_chain.contracts.files.publisher_baseline import PublisherBaseline
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.contracts.values.lock import Lock, LockEntry
from ops.supply_chain.contracts.values.publisher import AttestedPackage, Publisher
from ops.supply_chain.core.names import normalise
from ops.supply_chain.core.text import printable
from ops.supply_chain.dependencies.publishers.attested import is_same
from ops.supply_chain.dependencies.publishers.metadata import field_changes, shown

CODE = "change.publisher"


def publisher_findings(
    before: Sequence[PublisherBaseline],
    after: Sequence[PublisherBaseline],
    locks: Sequence[Lock],
    config: PublishersConfig,
) -> list[Finding]:
    """Return a finding for each package whose recorded publisher a change replaces or removes.

    Args:
        before: The baselines of the base.
        after: The baselines of the change.
        locks: The locks of the change.
        config: `[publishers]` of the base, for the severities.
    Returns:
        Sorted by package; packages that no lock has any more are left out.
    """
    entries: dict[str, LockEntry] = {}
    for lock in locks:
        for entry in lock.entries:
            entries.setdefault(entry.pin.name, entry)
    found = [*_metadata(before, after, entries, config), *_attested(before, after, entries, config)]
    return sorted(found, key=lambda finding: (finding.package, finding.message))


def expected_baseline(before: Sequence[PublisherBaseline], after: PublisherBaseline | None) -> PublisherBaseline | None:
    """Return what a change's packages have to agree with: what is recorded in the base, else what the change records.

    Args:
        before: The baselines of the base: a package has one publisher in all of them, or the first one's.
        after: The baseline that the change has beside a lock; None if it has none.
    Returns:
        None where nothing is recorded at all.
    """
    listed = [*before, *([after] if after is not None else [])]
    if not listed:
        return None
    direct = {name: publishers[0] for name, publishers in _direct(listed).items()}
    return PublisherBaseline(
        direct_deps=direct, attested={name: packages[0] for name, packages in _packages(listed).items()}
    )


def changed_locks(locks: Sequence[Lock], before: Sequence[Lock]) -> tuple[Lock, ...]:
    """Return the locks of a change with those entries alone whose pin no lock of the base has."""
    known = {entry.pin for lock in before for entry in lock.entries}
    parts = [
        msgspec.structs.replace(lock, entries=tuple(entry for entry in lock.entries if entry.pin not in known))
        for lock in locks
    ]
    return tuple(lock for lock in parts if lock.entries)


def producer_finding(entry: LockEntry, before: str, after: str, config: PublishersConfig) -> Finding:
    """Return the finding for a package whose own metadata names another producer than before the change."""
    name = entry.pin.name
    message = f"{name}: its metadata names the producer {shown(after)}, before the change {shown(before)}"
    return _finding(entry, config.metadata_changed, message)


def _metadata(
    before: Sequence[PublisherBaseline],
    after: Sequence[PublisherBaseline],
    entries: Mapping[str, LockEntry],
    config: PublishersConfig,
) -> Iterator[Finding]:
    old, new = _direct(before), _direct(after)
    for name in sorted(old.keys() & entries.keys()):
        if name not in new:
            message = f"{name}: the change removes its recorded publisher"
            yield _finding(entries[name], config.no_baseline, message)
        for publisher in new.get(name, ()):
            if publisher not in old[name]:
                changes = field_changes(old[name][0], publisher)
                texts = [
                    f"{shown(change.field)[1:-1]} {shown(change.old)} by {shown(change.new)}" for change in changes
                ]
                if texts:
                    message = f"{name}: the change replaces the recorded {', '.join(texts)}"
                    yield _finding(entries[name], config.metadata_changed, message)


def _attested(
    before: Sequence[PublisherBaseline],
    after: Sequence[PublisherBaseline],
    entries: Mapping[str, LockEntry],
    config: PublishersConfig,
) -> Iterator[Finding]:
    old, new = _packages(before), _packages(after)
    for name in sorted(old.keys() & entries.keys()):
        known = [publisher for package in old[name] for publisher in package.publishers]
        now = [publisher for package in new.get(name, ()) for publisher in package.publishers]
        if known and not now:
            message = f"{name}: the change removes the record of who attests its files"
            yield _finding(entries[name], config.attestation_lost, message)
        strangers = [publisher for publisher in now if not any(is_same(recorded, publisher) for recorded in known)]
        for stranger in {publisher.key: publisher for publisher in strangers}.values():
            expected = " or ".join(dict.fromkeys(publisher.label for publisher in known)) or "no one"
            message = (
                f"{name}: the change records that {printable(stranger.label)} attests its files, "
                f"before it was {printable(expected)}"
            )
            yield _finding(entries[name], config.publisher_changed, message)


def _direct(baselines: Iterable[PublisherBaseline]) -> dict[str, list[Publisher]]:
    found: dict[str, list[Publisher]] = {}
    for baseline in baselines:
        for name, publisher in baseline.direct_deps.items():
            found.setdefault(normalise(name), []).append(publisher)
    return found


def _packages(baselines: Iterable[PublisherBaseline]) -> dict[str, list[AttestedPackage]]:
    found: dict[str, list[AttestedPackage]] = {}
    for baseline in baselines:
        attested = {} if isinstance(baseline.attested, msgspec.UnsetType) else baseline.attested
        for name, package in attested.items():
            found.setdefault(normalise(name), []).append(package)
    return found


def _finding(entry: LockEntry, severity: Severity, message: str) -> Finding:
    name = entry.pin.name
    return Finding(
        code=CODE,
        severity=severity,
        message=message,
        next_step=f"Find out who publishes {name} now, and whether that is meant.",
        package=name,
        version=entry.pin.version,
        path=entry.path,
        line=entry.line,
    )
