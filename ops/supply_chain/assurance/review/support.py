"""Support periods under review: which end, which have ended, which are short or missing."""

from __future__ import annotations

from collections.abc import Sequence

from ops.supply_chain.contracts.config.periods import SupportState, SupportStatus
from ops.supply_chain.contracts.files.review import ReviewItem, ReviewSection, ReviewStatus

_STATUSES = {
    SupportState.LISTED: ReviewStatus.LISTED,
    SupportState.ENDS_SOON: ReviewStatus.DUE,
    SupportState.ENDED: ReviewStatus.OPEN,
    SupportState.SHORT: ReviewStatus.OPEN,
    SupportState.UNSTATED: ReviewStatus.OPEN,
    SupportState.NOT_EXAMINED: ReviewStatus.NOT_EXAMINED,
}


def support_items(statuses: Sequence[SupportStatus], component: str) -> list[ReviewItem]:
    """List the support periods of retained releases.

    Args:
        statuses: Of intact releases.
        component: Name of the component.
    """
    items = [
        ReviewItem(
            area=ReviewSection.SUPPORT,
            standing=_STATUSES[status.state],
            subject=f"{component} {status.versions}",
            message=status.sentence,
            next_step=status.next_step,
            day=status.ends.isoformat() if status.ends else "",
        )
        for status in statuses
    ]
    nothing = "no support period of a retained release is stated"
    return items or [
        ReviewItem(
            area=ReviewSection.SUPPORT, standing=ReviewStatus.LISTED, subject="[[support.versions]]", message=nothing
        )
    ]
