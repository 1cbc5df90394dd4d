"""Waivers under review: which end, which ended, which nobody understood."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from ops.supply_chain.assurance.review.days import ReviewWindow
from ops.supply_chain.contracts.config.file import CONFIG_NAME
from ops.supply_chain.contracts.files.review import ReviewItem, ReviewSection, ReviewStatus

_STEPS = {
    ReviewStatus.OVERDUE: "Resolve what it waived, or decide anew with a new date: it waives nothing any more.",
    ReviewStatus.DUE: "Resolve what it waives before that day, or decide anew.",
    ReviewStatus.LISTED: "",
}


class WaiverUnderReview(NamedTuple):
    """A waiver that was understood; `owner` may be empty in the older form."""

    place: str
    id: str
    package: str
    owner: str
    reason: str
    begins: date
    ends: date


def waiver_items(
    waivers: Sequence[WaiverUnderReview], malformed: Sequence[str], window: ReviewWindow
) -> list[ReviewItem]:
    """List every waiver.

    Args:
        waivers: Those that were understood.
        malformed: A sentence for each that was not.
        window: With today in the zone in which waivers end.
    """
    items = [_item(ReviewStatus.OVERDUE, CONFIG_NAME, text, f"Mend it in {CONFIG_NAME}.") for text in malformed]
    items += [_of(waiver, window) for waiver in waivers]
    return items or [_item(ReviewStatus.LISTED, CONFIG_NAME, "no waiver is configured")]


def _of(waiver: WaiverUnderReview, window: ReviewWindow) -> ReviewItem:
    standing, subject = window.standing(waiver.ends), f"{waiver.place} {waiver.id}"
    if waiver.begins > window.today:
        return _item(
            ReviewStatus.OPEN, subject, f"begins on {waiver.begins}, which is yet to come", "Correct its date."
        )
    about = f" for {waiver.package}" if waiver.package else ""
    owner = f", owner {waiver.owner}" if waiver.owner else ", without owner"
    message = f"{window.left(waiver.ends)}{about}{owner}: {waiver.reason}"
    return _item(standing, subject, message, _STEPS[standing], waiver.ends.isoformat())


def _item(standing: ReviewStatus, subject: str, message: str, step: str = "", day: str = "") -> ReviewItem:
    return ReviewItem(
        area=ReviewSection.WAIVERS, standing=standing, subject=subject, message=message, next_step=step, day=day
    )
