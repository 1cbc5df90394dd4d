"""How a day on which something ends stands to the day of the review."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

from ops.supply_chain.contracts.files.review import ReviewStatus

MOST_NAMES = 5


class ReviewWindow(NamedTuple):
    """The day of the review, and how many days it looks ahead."""

    today: date
    within_days: int

    @property
    def until(self) -> date:
        """The last day that is looked ahead to."""
        return self.today + timedelta(days=self.within_days)

    def standing(self, last: date) -> ReviewStatus:
        """Tell how something stands whose last day is `last`; that day itself still counts."""
        if last < self.today:
            return ReviewStatus.OVERDUE
        return ReviewStatus.DUE if last <= self.until else ReviewStatus.LISTED

    def left(self, last: date) -> str:
        """Say how far away a last day is, in words."""
        days = (last - self.today).days
        if days < 0:
            return f"ended {_days(-days)} ago, on {last}"
        return f"ends today, {last}" if days == 0 else f"ends in {_days(days)}, on {last}"


def some(names: Sequence[str]) -> str:
    """Name the first of some names, and say how many more there are."""
    more = len(names) - MOST_NAMES
    return ", ".join(names[:MOST_NAMES]) + (f" and {more} more" if more > 0 else "")


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"
