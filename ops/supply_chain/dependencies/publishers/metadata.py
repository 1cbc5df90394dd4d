"""Publisher metadata held against the baseline: author, maintainer, addresses.

A change is no proof of anything: it is where a takeover shows first, and somebody has to look.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ops.supply_chain.contracts.config.publishers import PublishersConfig
from ops.supply_chain.contracts.files.publisher_baseline import PublisherBaseline
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.contracts.values.lock import Lock, LockEntry
from ops.supply_chain.contracts.values.publisher import Publisher
from ops.supply_chain.core.names import normalise
from ops.supply_chain.core.text import printable, without_credentials
from ops.supply_chain.dependencies.publishers.questions import direct_of

RECORD = "nox -s check_publishers -- --record"
FIELDS = ("author", "author_email", "maintainer", "maintainer_email", "home_page")
_LONGEST = 200

Current = Mapping[str, Publisher | None]
"""PEP 503 name -> what the index says now, None where it has no such project; not there: nobody knows."""


class Difference(NamedTuple):
    """One field that changed; `old` or `new` is empty where it was or is absent."""

    field: str
    old: str
    new: str


def differences(old: Publisher, new: Publisher) -> tuple[Difference, ...]:
    """Compare two states of one project's publisher.

    Returns:
        Plain fields in the order of `FIELDS`, then addresses sorted by label.
    """
    found = [Difference(field, getattr(old, field), getattr(new, field)) for field in FIELDS]
    labels = sorted({*old.project_urls, *new.project_urls})
    found += [
        Difference(f"project_urls[{label}]", old.project_urls.get(label, ""), new.project_urls.get(label, ""))
        for label in labels
    ]
    return tuple(one for one in found if one.old.strip() != one.new.strip())


def judge_metadata(
    lock: Lock, baseline: PublisherBaseline | None, current: Current, config: PublishersConfig
) -> tuple[Finding, ...]:
    """Hold what the index says of a lock's direct dependencies against the baseline beside it.

    Args:
        lock: The lock.
        baseline: What lies beside it, None where there is none.
        current: What the index says; a name that is not in it was not examined and yields no finding.
        config: How bad each kind of finding is.
    """
    direct = direct_of(lock)
    if baseline is None:
        return _without_baseline(lock, direct, config)
    recorded = {normalise(spelt): one for spelt, one in baseline.direct_deps.items()}
    found = []
    for name, entry in direct.items():
        if name in recorded:
            found += _judge_one(lock, entry, recorded[name], current, config)
        elif current.get(name) is not None:  # what the index does not describe has no baseline either
            found.append(_unrecorded(lock, entry, config))
    found += [_superfluous(lock, name) for name in sorted(set(recorded) - set(direct))]
    return tuple(found)


def shown(text: str) -> str:
    """Return a value of an index as it may be shown: one line, no credentials, not too long, quoted."""
    safe = printable(without_credentials(text))
    return repr(safe if len(safe) <= _LONGEST else safe[:_LONGEST] + "...")


def _judge_one(
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
                f"{name}: expected the project whose publisher was recorded, found that the index has none of that name",
                f"Find out why {name} left the index, and replace it.",
            )
        ]
    return [_changed(lock, entry, one, config) for one in differences(recorded, now)]


def _changed(lock: Lock, entry: LockEntry, one: Difference, config: PublishersConfig) -> Finding:
    name = entry.pin.name
    return _finding(
        lock,
        entry,
        "metadata-changed",
        config.metadata_changed,
        f"{name}: expected {shown(one.field)[1:-1]} {shown(one.old)}, found {shown(one.new)}",
        f"Look who publishes {name} now; if it is right, run {RECORD} --accept {name}.",
    )


def _unrecorded(lock: Lock, entry: LockEntry, config: PublishersConfig) -> Finding:
    name = entry.pin.name
    return _finding(
        lock,
        entry,
        "not-in-baseline",
        config.no_baseline,
        f"{name}: expected it in the publisher baseline beside the lock, found nothing of it",
        f"Look who publishes {name}, then run {RECORD}.",
    )


def _superfluous(lock: Lock, name: str) -> Finding:
    return Finding(
        code="publisher.stale-baseline",
        severity=Severity.INFO,
        message=f"{printable(name)}: in the publisher baseline, but no direct dependency of the lock",
        next_step=f"Run {RECORD}: it takes the entry out.",
        package=printable(name),
        path=lock.path,
    )


def _without_baseline(lock: Lock, direct: Mapping[str, LockEntry], config: PublishersConfig) -> tuple[Finding, ...]:
    if not direct:
        return ()
    return (
        Finding(
            code="publisher.no-baseline",
            severity=config.no_baseline,
            message=f"expected a publisher baseline beside the lock, which has {len(direct)} direct dependencies from an index, found none",
            next_step=f"Look who publishes them, then run {RECORD} and commit what it writes.",
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
