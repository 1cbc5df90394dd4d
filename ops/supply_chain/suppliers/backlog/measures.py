"""Numbers of the backlog for programs and reports: how many, how long until a fix, the oldest open item.

The time to a fix is that of practice UPD of S2C2F, the counts are those of RV.2 of the SSDF.

Source: https://github.com/ossf/s2c2f/blob/main/specification/framework.md, https://csrc.nist.gov/pubs/sp/800/218/final
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from statistics import median
from typing import Any

from ops.supply_chain.contracts.files.backlog import BacklogItem, ItemState, Presence, Risk
from ops.supply_chain.suppliers.backlog.register import is_review_overdue
from ops.supply_chain.suppliers.backlog.states import concerns, is_open, is_overdue, state_of


def counts_of(items: Sequence[BacklogItem], risks: Iterable[Risk], today: str) -> dict[str, int]:
    """Return the counts of a review: fixed words -> numbers."""
    states = Counter(state_of(item, today) for item in items)
    open_items = [item for item in items if is_open(item, today)]
    return {
        "open": len(open_items),
        "new": states[ItemState.NEW],
        "exploited": sum(item.exploitation.is_exploited for item in open_items),
        "overdue": sum(is_overdue(item, today) for item in items),
        "waiting": states[ItemState.WAITING],
        "fixed": states[ItemState.FIXED],
        "not_affected": states[ItemState.NOT_AFFECTED],
        "accepted": states[ItemState.ACCEPTED],
        "unchecked_items": sum(item.presence is Presence.UNCHECKED for item in items),
        "attention": sum(bool(concerns(item, today)) for item in items),
        "risks": sum(bool(risk.items) for risk in risks),
        "reviews_overdue": sum(is_review_overdue(risk, today) for risk in risks),
    }


def measures_of(items: Iterable[BacklogItem], today: str) -> dict[str, Any]:
    """Return times in days: until a fix, from the advisory and from when both advisory and product were known; the oldest open item.

    None where there is nothing to measure. An item without a day of publication is counted from the other day.
    """
    items = tuple(items)
    fixed = [item for item in items if item.presence is Presence.ABSENT and item.fixed_on]
    open_items = [item for item in items if is_open(item, today)]
    oldest = max(open_items, key=lambda item: (_days(_known(item), today), item.id), default=None)
    return {
        "fixed": len(fixed),
        "median_days_advisory_to_fix": _median(_days(item.published or item.received, item.fixed_on) for item in fixed),
        "median_days_known_to_fix": _median(_days(_known(item), item.fixed_on) for item in fixed),
        "median_days_open": _median(_days(_known(item), today) for item in open_items),
        "oldest_open_days": _days(_known(oldest), today) if oldest else None,
        "oldest_open": oldest.id if oldest else "",
    }


def _known(item: BacklogItem) -> str:
    """Return the day from which an item could be dealt with: its advisory was there, and the product had come."""
    return max(item.published, item.received)


def _days(first: str, last: str) -> int:
    return max(0, (date.fromisoformat(last) - date.fromisoformat(first)).days)


def _median(days: Iterable[int]) -> float | None:
    found = list(days)
    return float(median(found)) if found else None
