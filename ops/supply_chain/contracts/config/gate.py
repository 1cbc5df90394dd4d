"""`[gate]`: the lowest severity that makes a gate fail."""

from __future__ import annotations

from ops.supply_chain.contracts.base import Contract
from ops.supply_chain.contracts.values.finding import Severity


class GateConfig(Contract, frozen=True, kw_only=True):
    """`[gate]`: the lowest severity that makes a gate fail; findings below it stay visible and pass."""

    fail_on: Severity = Severity.LOW
