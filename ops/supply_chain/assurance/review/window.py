"""The window of a review: how an expiry date relates to the day of the review."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

from ops.supply_chain.contracts.files.review import ReviewStatus

MOST_NAMES = 5


class ReviewWindow(NamedTuple):
    """The day of the review, and the number of days ahead that it covers."""

    today: date
    within_days: int

    @property
    def until(self) -> date:
        """The last day of the window."""
        return self.today + timedelta(days=self.within_days)

    def status(self, last: date) -> ReviewStatus:
        """Return the status of something whose last day is `last`; that day itself still counts."""
        if last < self.today:
            return ReviewStatus.OVERDUE
        return ReviewStatus.DUE if last <= self.until else ReviewStatus.LISTED

    def left(self, last: date) -> str:
        """Return in words how far away a last day is."""
        days = (last - self.today).days
        if days < 0:
            return f"expired {_days(-days)} ago, on {last}"
        return f"expires today, {last}" if days == 0 else f"expires in {_days(days)}, on {last}"


def some(names: Sequence[str]) -> str:
    """Return the first of some names, and how many more there are."""
    more = len(names) - MOST_NAMES
    return ", ".join(names[:MOST_NAMES]) + (f" and {more} more" if more > 0 else "")


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"
