"""`[gate]`: the least severity that fails a gate."""

from __future__ import annotations

from ops.supply_chain.contracts.base import Contract
from ops.supply_chain.contracts.values.finding import Severity


class GateConfig(Contract, frozen=True, kw_only=True):
    """`[gate]`: the least severity that makes a gate fail; what lies below stays visible and passes."""

    fail_on: Severity = Severity.LOW
