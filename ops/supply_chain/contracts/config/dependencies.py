"""`[[dependencies]]`: who owns each direct dependency."""

from __future__ import annotations

from enum import StrEnum

from ops.supply_chain.contracts.base import Contract


class Lifecycle(StrEnum):
    """The state of its maintenance, as far as the owner knows; `unstated` by default."""

    ACTIVE = "active"
    MAINTENANCE = "maintenance"
    DEPRECATED = "deprecated"
    END_OF_LIFE = "end-of-life"
    UNSTATED = "unstated"


class DependencyEntry(Contract, frozen=True, kw_only=True):
    """One `[[dependencies]]` entry: a direct dependency, and its owner in this project.

    `name` is compared in PEP 503 form. `owner` is a person or a team; empty means no owner. `notes` is for
    readers: why it is there, what would replace it.
    """

    name: str
    owner: str = ""
    lifecycle: Lifecycle = Lifecycle.UNSTATED
    notes: str = ""
