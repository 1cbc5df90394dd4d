"""`[controls]`: controls that are out of scope by decision, and practices that the maintainers state."""

from __future__ import annotations

from ops.supply_chain.contracts.base import Contract


class OutOfScope(Contract, frozen=True, kw_only=True):
    """One control that the maintainers decided not to follow: its id, from docs/controls.md, and the reason."""

    id: str
    reason: str


class StatedPractice(Contract, frozen=True, kw_only=True):
    """One S2C2F practice of the whole organisation, such as `ING-2`, and how the maintainers state that they follow it."""

    id: str
    statement: str


class ControlsConfig(Contract, frozen=True, kw_only=True):
    """`[controls]`: controls that are out of scope by decision, and practices that the maintainers state.

    A stated practice is in SECURITY.md as their statement; it is no evidence, and counts for no level.
    """

    out_of_scope: tuple[OutOfScope, ...] = ()
    stated: tuple[StatedPractice, ...] = ()
