"""Weakened settings under review: each entry of `[[policy.weakened]]` with its last day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from ops.supply_chain.assurance.review.window import ReviewWindow
from ops.supply_chain.contracts.config.policy import WeakenedSetting
from ops.supply_chain.contracts.files.review import ReviewItem, ReviewSection, ReviewStatus

_STEPS = {
    ReviewStatus.OVERDUE: "Restore the default, or decide again with new dates: this entry has no effect.",
    ReviewStatus.DUE: "Restore the default before that day, or decide again.",
    ReviewStatus.LISTED: "",
}


def weakened_items(entries: Iterable[tuple[WeakenedSetting, str]], window: ReviewWindow) -> list[ReviewItem]:
    """List every entry of `[[policy.weakened]]`; one that accepts nothing today is overdue.

    Args:
        entries: Those of the configuration, each with why it accepts nothing today, which is empty where it does.
        window: With today in UTC.
    """
    return [_item(position, entry, problem, window) for position, (entry, problem) in enumerate(entries)]


def _item(position: int, entry: WeakenedSetting, problem: str, window: ReviewWindow) -> ReviewItem:
    about = f"policy.weakened[{position}] {entry.setting} = {entry.value}"
    if problem:
        standing, message, day = ReviewStatus.OVERDUE, problem, ""
    else:
        last = date.fromisoformat(entry.until)
        standing, message, day = window.status(last), f"{window.left(last)}: {entry.reason.strip()}", last.isoformat()
    return ReviewItem(
        area=ReviewSection.SETTINGS,
        standing=standing,
        subject=about,
        message=message,
        next_step=_STEPS[standing],
        day=day,
    )
