"""Comparison of publisher metadata with the baseline: author, maintainer, addresses.

A change proves nothing, but a takeover shows here first, so someone must review it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ops.supply_chain.contracts.config.publishers import PublishersConfig
from ops.supply_chain.contracts.files.publisher_baseline import PublisherBaseline
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.contracts.values.lock import Lock, LockEntry
from ops.supply_chain.contracts.values.publisher import Publisher
from ops.supply_chain.core.commands import command
from ops.supply_chain.core.names import normalise
from ops.supply_chain.core.text import printable, without_credentials
from ops.supply_chain.dependencies.publishers.requests import direct_of

RECORD = command("check_publishers", "--record")
FIELDS = ("author", "author_email", "maintainer", "maintainer_email", "home_page")
_LONGEST = 200

Current = Mapping[str, Publisher | None]
"""PEP 503 name -> present metadata on the index, None if it has no such project; a missing name was not examined."""


class FieldChange(NamedTuple):
    """One changed field; `old` or `new` is empty if it was or is absent."""

    field: str
    old: str
    new: str


def field_changes(old: Publisher, new: Publisher) -> tuple[FieldChange, ...]:
    """Compare two states of one project's publisher metadata.

    Returns:
        Plain fields in the order of `FIELDS`, then addresses sorted by label.
    """
    found = [FieldChange(field, getattr(old, field), getattr(new, field)) for field in FIELDS]
    labels = sorted({*old.project_urls, *new.project_urls})
    found += [
        FieldChange(f"project_urls[{label}]", old.project_urls.get(label, ""), new.project_urls.get(label, ""))
        for label in labels
    ]
    return tuple(change for change in found if change.old.strip() != change.new.strip())


def compare_metadata(
    lock: Lock, baseline: PublisherBaseline | None, current: Current, config: PublishersConfig
) -> tuple[Finding, ...]:
    """Compare the publishers of a lock's direct dependencies with its baseline.

    Args:
        lock: The lock.
        baseline: Its baseline, None if there is none.
        current: The present metadata; a name that is not in it was not examined and yields no finding.
        config: The severity of each kind of finding.
    """
    direct = direct_of(lock)
    if baseline is None:
        return _without_baseline(lock, direct, config)
    recorded = {normalise(spelt): publisher for spelt, publisher in baseline.direct_deps.items()}
    found = []
    for name, entry in direct.items():
        if name in recorded:
            found += _compare_one(lock, entry, recorded[name], current, config)
        elif current.get(name) is not None:  # a package that the index does not describe has no baseline either
            found.append(_unrecorded(lock, entry, config))
    found += [_superfluous(lock, name) for name in sorted(set(recorded) - set(direct))]
    return tuple(found)


def shown(text: str) -> str:
    """Return a value from an index, safe to show: one line, no credentials, shortened, quoted."""
    safe = printable(without_credentials(text))
    return repr(safe if len(safe) <= _LONGEST else safe[:_LONGEST] + "...")


def _compare_one(
    lock: Lock, entry: LockEntry, recorded: Publisher, current: Current, config: PublishersConfig
) -> list[Finding]:
    name = entry.pin.name
    if name not in current:
        return []
    now = current[name]
    if now is None:
        return [
            _finding(
                lock,
                entry,
                "project-gone",
                config.publisher_changed,
                f"{name}: expected the recorded project on the index, found none of that name",
                f"Find out why {name} left the index, and replace it.",
            )
        ]
    return [_changed(lock, entry, change, config) for change in field_changes(recorded, now)]


def _changed(lock: Lock, entry: LockEntry, change: FieldChange, config: PublishersConfig) -> Finding:
    name = entry.pin.name
    return _finding(
        lock,
        entry,
        "metadata-changed",
        config.metadata_changed,
        f"{name}: expected {shown(change.field)[1:-1]} {shown(change.old)}, found {shown(change.new)}",
        f"Review who publishes {name} now; if the change is legitimate, run {RECORD} --accept {name}.",
    )


def _unrecorded(lock: Lock, entry: LockEntry, config: PublishersConfig) -> Finding:
    name = entry.pin.name
    return _finding(
        lock,
        entry,
        "not-in-baseline",
        config.no_baseline,
        f"{name}: expected an entry in the publisher baseline beside the lock, found none",
        f"Review who publishes {name}, then run {RECORD}.",
    )


def _superfluous(lock: Lock, name: str) -> Finding:
    return Finding(
        code="publisher.stale-baseline",
        severity=Severity.INFO,
        message=f"{printable(name)}: in the publisher baseline, but not a direct dependency of the lock",
        next_step=f"Run {RECORD}, which removes the entry.",
        package=printable(name),
        path=lock.path,
    )


def _without_baseline(lock: Lock, direct: Mapping[str, LockEntry], config: PublishersConfig) -> tuple[Finding, ...]:
    if not direct:
        return ()
    noun = "dependency" if len(direct) == 1 else "dependencies"
    return (
        Finding(
            code="publisher.no-baseline",
            severity=config.no_baseline,
            message=f"no publisher baseline beside the lock, which has {len(direct)} direct {noun} from an index",
            next_step=f"Review who publishes them, then run {RECORD} and commit the result.",
            path=lock.path,
        ),
    )


def _finding(lock: Lock, entry: LockEntry, fact: str, severity: Severity, message: str, next_step: str) -> Finding:
    return Finding(
        code=f"publisher.{fact}",
        severity=severity,
        message=message,
        next_step=next_step,
        package=entry.pin.name,
        version=entry.pin.version,
        path=lock.path,
        line=entry.line,
    )
