"""`review/1`: what the quarterly review lists, as `review_posture --format json` prints it."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from ops.supply_chain.contracts.base import Contract
from ops.supply_chain.contracts.files.dependency_matrix import DependencyMatrix


class ReviewSection(StrEnum):
    """What a review goes through, in this order."""

    WAIVERS = "waivers"
    IDENTITIES = "identities"
    RETENTION = "retention"
    BASELINES = "baselines"
    LOCKS = "locks"
    DEPENDENCIES = "dependencies"
    CONTACT = "security.txt"
    SETTINGS = "settings"


class ReviewStatus(StrEnum):
    """How an item stands.

    `overdue`: its day is over, or it is broken. `due`: its day comes within the time looked ahead. `open`: no day
    hangs on it, and somebody has to decide. `not-examined`: nobody could look. `listed`: there for the reader.
    """

    OVERDUE = "overdue"
    DUE = "due"
    OPEN = "open"
    NOT_EXAMINED = "not-examined"
    LISTED = "listed"


class ReviewItem(Contract, frozen=True, kw_only=True):
    """One thing to look at.

    `subject` names it, `message` is a sentence without its full stop, `next_step` an order, empty only where it is
    `listed`. `day` is the day that it hangs on, as an ISO date, or empty.
    """

    area: ReviewSection
    standing: ReviewStatus
    subject: str
    message: str
    next_step: str = ""
    day: str = ""


class Review(Contract, frozen=True, kw_only=True):
    """Everything to look at: items sorted by area, then standing, then day, then subject.

    `day` is that of the review, `until` the last one that was looked ahead to. `notes` say what is not part of it.
    """

    schema: Literal["review/1"]
    component: str
    day: str
    until: str
    items: tuple[ReviewItem, ...]
    dependencies: DependencyMatrix
    notes: tuple[str, ...]
