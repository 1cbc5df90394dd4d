"""`[backlog]`: the remediation backlog of suppliers' products, and the risk register."""

from __future__ import annotations

from enum import StrEnum

from ops.supply_chain.contracts.base import Contract, Days

REVIEW_DAYS = 90


class ReviewedVersions(StrEnum):
    """Which versions of a supplier's product count."""

    NEWEST = "newest"
    ALL = "all"


class BacklogConfig(Contract, frozen=True, kw_only=True):
    """`[backlog]`: what the review of suppliers' products counts.

    `versions` are the versions of a product whose documents count: `newest`, so that an item is fixed once a newer accepted
    document does not list an affected version; or `all`, for products that are used in several versions. `days_between_reviews` are
    the days after which a risk is to be reviewed, unless a date was decided.
    """

    versions: ReviewedVersions = ReviewedVersions.NEWEST
    days_between_reviews: Days = REVIEW_DAYS
