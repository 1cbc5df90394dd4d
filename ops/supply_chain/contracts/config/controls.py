"""`[controls]`: controls that are out of scope by decision."""

from __future__ import annotations

from ops.supply_chain.contracts.base import Contract


class OutOfScope(Contract, frozen=True, kw_only=True):
    """One control that the maintainers decided not to follow: its id, from docs/controls.md, and the reason."""

    id: str
    reason: str


class ControlsConfig(Contract, frozen=True, kw_only=True):
    """`[controls]`: controls that are out of scope by decision, each with its reason."""

    out_of_scope: tuple[OutOfScope, ...] = ()
