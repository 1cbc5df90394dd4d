"""`[governance]`: how the project is governed."""

from __future__ import annotations

from enum import StrEnum

from ops.supply_chain.contracts.base import Contract


class GovernanceModel(StrEnum):
    """Who may change the project; `cathedral` is open source without outside contributions."""

    OPEN = "open"
    CATHEDRAL = "cathedral"
    OTHER = "other"
    UNSTATED = "unstated"


class GovernanceConfig(Contract, frozen=True, kw_only=True):
    """`[governance]`: who may change the project."""

    model: GovernanceModel = GovernanceModel.UNSTATED
    text: str = ""
