"""`review/1`: what the quarterly review lists, as `review_posture --format json` prints it."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from ops.supply_chain.contracts.base import Contract
from ops.supply_chain.contracts.files.dependency_matrix import DependencyMatrix


class ReviewSection(StrEnum):
    """The sections of a review, in this order."""

    WAIVERS = "waivers"
    IDENTITIES = "identities"
    RETENTION = "retention"
    SUPPORT = "support"
    BASELINES = "baselines"
    LOCKS = "locks"
    DEPENDENCIES = "dependencies"
    CONTACT = "security.txt"
    SETTINGS = "settings"


class ReviewStatus(StrEnum):
    """The status of an item.

    `overdue`: its date has passed, or it is broken. `due`: its date is within the review window. `open`: it has no
    date, and someone must decide. `not-examined`: it could not be checked. `listed`: for information.
    """

    OVERDUE = "overdue"
    DUE = "due"
    OPEN = "open"
    NOT_EXAMINED = "not-examined"
    LISTED = "listed"


class ReviewItem(Contract, frozen=True, kw_only=True):
    """One item of a review.

    `subject` names it, `message` is a sentence without its full stop, `next_step` an instruction, empty only where it
    is `listed`. `day` is its date in ISO form, or empty.
    """

    area: ReviewSection
    standing: ReviewStatus
    subject: str
    message: str
    next_step: str = ""
    day: str = ""


class Review(Contract, frozen=True, kw_only=True):
    """A review: items sorted by area, then standing, then day, then subject.

    `day` is the day of the review, `until` the last day of its window. `notes` state what is not part of it.
    """

    schema: Literal["review/1"]
    component: str
    day: str
    until: str
    items: tuple[ReviewItem, ...]
    dependencies: DependencyMatrix
    notes: tuple[str, ...]
