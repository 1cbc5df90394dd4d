"""Locks and publisher baselines under review: age of the locks, and whether the baselines still match them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from ops.supply_chain.assurance.review.window import some
from ops.supply_chain.contracts.files.publisher_baseline import PublisherBaseline
from ops.supply_chain.contracts.files.review import ReviewItem, ReviewSection, ReviewStatus
from ops.supply_chain.contracts.values.finding import Finding
from ops.supply_chain.contracts.values.lock import Lock, PinSourceKind
from ops.supply_chain.core.commands import command
from ops.supply_chain.core.names import normalise

COMPILE = f"Run `{command('lock', '--upgrade')}`, review the changes, and test them."
RECORD = f"Run `{command('check_publishers', '--record')}` and review what it writes."


def lock_items(locks: Sequence[Lock], today: date, *, oldest_days: int) -> list[ReviewItem]:
    """List every lock by its age.

    Args:
        locks: All locks of the project.
        today: In UTC.
        oldest_days: A lock of more days is old.
    """
    if not locks:
        step = f"Check [locks] in the configuration, or run `{command('lock')}`."
        return [_lock(ReviewStatus.NOT_EXAMINED, "locks", "the project has no lock", step)]
    return [_aged(lock, today, oldest_days) for lock in locks]


def broken_items(findings: Sequence[Finding]) -> list[ReviewItem]:
    """List the locks that cannot be read, from the finding of each."""
    return [_lock(ReviewStatus.NOT_EXAMINED, finding.path, finding.message, finding.next_step) for finding in findings]


def _aged(lock: Lock, today: date, oldest_days: int) -> ReviewItem:
    try:
        made = date.fromisoformat(lock.compiled_at[:10])
    except ValueError:
        if not lock.entries:
            return _lock(ReviewStatus.LISTED, lock.path, "pins nothing, so its age does not matter")
        text = "has no `# uv-compiled-at:` line, so its age is unknown"
        return _lock(ReviewStatus.NOT_EXAMINED, lock.path, text, "Check its history in git.")
    age = (today - made).days
    if age < 0:
        text = f"is from {made}, which is in the future"
        return _lock(ReviewStatus.OPEN, lock.path, text, "Compile it again on a machine with a correct clock.", made)
    text = f"includes releases up to {made}, {age} {'day' if age == 1 else 'days'} ago"
    if age <= oldest_days:
        return _lock(ReviewStatus.LISTED, lock.path, text, day=made)
    return _lock(ReviewStatus.OPEN, lock.path, f"{text}; more than {oldest_days} is old", COMPILE, made)


def baseline_items(locks: Sequence[Lock], baselines: Mapping[str, PublisherBaseline]) -> list[ReviewItem]:
    """Compare each lock with its publisher baseline.

    Args:
        locks: All locks of the project.
        baselines: By the path of their lock; missing ones are left out.
    """
    pinned = [lock for lock in locks if lock.entries]
    if not pinned:
        return [
            _baseline(ReviewStatus.LISTED, "baselines", "no lock pins anything, so there is no publisher to record")
        ]
    return [item for lock in pinned for item in _of_lock(lock, baselines.get(lock.path))]


def _of_lock(lock: Lock, baseline: PublisherBaseline | None) -> list[ReviewItem]:
    if baseline is None:
        return [_baseline(ReviewStatus.OPEN, lock.path, "has no publisher baseline", RECORD)]
    gaps = [
        (_unrecorded(lock, baseline), "direct dependencies without a recorded publisher"),
        (_left_over(lock, baseline), "recorded but no longer locked"),
        (_moved(lock, baseline), "attested when recorded, but locked at another version since"),
    ]
    items = [
        _baseline(ReviewStatus.OPEN, lock.path, f"{len(names)} {what}: {some(names)}", RECORD)
        for names, what in gaps
        if names
    ]
    return items or [_baseline(ReviewStatus.LISTED, lock.path, "its baseline matches what is locked")]


def _unrecorded(lock: Lock, baseline: PublisherBaseline) -> list[str]:
    known = {normalise(name) for name in baseline.direct_deps}
    pins = [entry.pin for entry in lock.entries if entry.direct]
    asked = {pin.name for pin in pins if not pin.local and pin.source.kind is PinSourceKind.INDEX}
    return sorted(asked - known)


def _left_over(lock: Lock, baseline: PublisherBaseline) -> list[str]:
    names = {normalise(name) for name in (*baseline.direct_deps, *(baseline.attested or {}))}
    return sorted(names - {entry.pin.name for entry in lock.entries})


def _moved(lock: Lock, baseline: PublisherBaseline) -> list[str]:
    attested = {normalise(name): entry.versions for name, entry in (baseline.attested or {}).items()}
    pins = {(entry.pin.name, entry.pin.version) for entry in lock.entries}
    return sorted({name for name, version in pins if name in attested and version not in attested[name]})


def _lock(standing: ReviewStatus, subject: str, message: str, step: str = "", day: date | None = None) -> ReviewItem:
    return ReviewItem(
        area=ReviewSection.LOCKS,
        standing=standing,
        subject=subject,
        message=message,
        next_step=step,
        day=day.isoformat() if day else "",
    )


def _baseline(standing: ReviewStatus, subject: str, message: str, step: str = "") -> ReviewItem:
    return ReviewItem(area=ReviewSection.BASELINES, standing=standing, subject=subject, message=message, next_step=step)
