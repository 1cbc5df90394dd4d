"""`[review]`: how far ahead the quarterly review reports."""

from __future__ import annotations

from typing import Annotated

import msgspec

from ops.supply_chain.contracts.base import Contract

QUARTER_DAYS = 92
"""The longest quarter of a year."""

Days = Annotated[int, msgspec.Meta(ge=0, le=3650)]


class ReviewConfig(Contract, frozen=True, kw_only=True):
    """`[review]`: how many days ahead expiry dates are listed, and from which age a lock counts as old, in days."""

    within_days: Days = QUARTER_DAYS
    lock_days: Days = QUARTER_DAYS
