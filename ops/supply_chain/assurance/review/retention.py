"""Retained releases under review: whose time ends, which are damaged, and whether there is any."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from ops.supply_chain.assurance.review.days import ReviewWindow
from ops.supply_chain.contracts.files.manifest import HeldRelease, Manifest
from ops.supply_chain.contracts.files.review import ReviewItem, ReviewSection, ReviewStatus


def retention_items(releases: Sequence[HeldRelease], window: ReviewWindow, *, component: str) -> list[ReviewItem]:
    """List every retained release of the component.

    Args:
        releases: Read to the last byte, with the problems of the chain.
        window: With today in UTC, by which they are kept.
        component: Whose they are.
    """
    if not releases:
        step = "Run the review where releases are retained, or give their folder with --artifacts."
        return [_item(ReviewStatus.NOT_EXAMINED, component, "no release is retained here", step)]
    return [item for held in releases for item in _of(held, window)]


def _of(held: HeldRelease, window: ReviewWindow) -> list[ReviewItem]:
    step = "Restore it from a copy kept elsewhere; do not edit its manifest."
    subject = f"{held.component} {held.version}"
    items = [_item(ReviewStatus.OVERDUE, subject, f"is damaged: {problem}", step) for problem in held.problems]
    # What does not verify says nothing that could be believed, its own end included.
    if held.manifest is not None and not held.problems:
        items.append(_time_of(held.manifest, subject, window))
    return items


def _time_of(manifest: Manifest, subject: str, window: ReviewWindow) -> ReviewItem:
    last = date.fromisoformat(manifest.retained_until)
    day, message = last.isoformat(), f"the time for which it is kept {window.left(last)}"
    if window.standing(last) is ReviewStatus.LISTED:
        return _item(ReviewStatus.LISTED, subject, message, day=day)
    if window.standing(last) is ReviewStatus.DUE:
        return _item(ReviewStatus.DUE, subject, message, "Decide whether anybody still runs it, before it may go.", day)
    step = "Keep a copy if anybody still runs it; `nox -s retention -- --prune` tells what may go."
    return _item(ReviewStatus.OPEN, subject, message, step, day)


def _item(standing: ReviewStatus, subject: str, message: str, step: str = "", day: str = "") -> ReviewItem:
    return ReviewItem(
        area=ReviewSection.RETENTION, standing=standing, subject=subject, message=message, next_step=step, day=day
    )
