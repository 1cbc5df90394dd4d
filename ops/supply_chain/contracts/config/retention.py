"""`[retention]`: how long a release is kept."""

from __future__ import annotations

from ops.supply_chain.contracts.base import Contract, Days

DEFAULT_RETENTION_DAYS = 365


class RetentionConfig(Contract, frozen=True, kw_only=True):
    """`[retention]`: for how long a release is kept, in days."""

    days: Days = DEFAULT_RETENTION_DAYS
