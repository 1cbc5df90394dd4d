"""`backlog.json` next to the documents of suppliers: what has to be remediated in their products, and the risk register.

`data/artifacts/suppliers/backlog.json`. Fields that people decide are in `BacklogDecision` and `RiskDecision`, and no run
changes them; all others are computed again by each run. An item is about a supplier, a product, a component and a
vulnerability by all its names, and never about a version.

Source: docs/backlog.md
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

import msgspec

from ops.supply_chain.contracts.base import Contract, Count, Sha256, Timestamp
from ops.supply_chain.contracts.config.suppliers import Exposure
from ops.supply_chain.contracts.values.exploitation import Exploitation
from ops.supply_chain.contracts.values.finding import Severity

Day = Annotated[str, msgspec.Meta(pattern=r"\A(?:\d{4}-\d{2}-\d{2})?\Z")]
"""An ISO date, or empty."""

Scale = Annotated[int, msgspec.Meta(ge=0, le=5)]
"""1 to 5; 0 where nothing was decided."""

ItemId = Annotated[str, msgspec.Meta(pattern=r"\AB-[0-9a-f]{10,64}\Z")]
RiskId = Annotated[str, msgspec.Meta(pattern=r"\AR-[0-9a-f]{10,64}\Z")]


class ItemState(StrEnum):
    """The state of an item: what people decided, and `FIXED` and `NOT_AFFECTED` by documents as well."""

    NEW = "new"
    TRIAGED = "triaged"
    IN_PROGRESS = "in-progress"
    WAITING = "waiting-for-supplier"
    FIXED = "fixed"
    NOT_AFFECTED = "not-affected"
    ACCEPTED = "accepted"


class Presence(StrEnum):
    """What the newest accepted documents of a product show of an item.

    `AFFECTED` and `POSSIBLE`: they list an affected version, or one that cannot be decided. `ABSENT`: they list none.
    `WITHDRAWN`: the advisories do not name the listed versions any more. `UNCHECKED`: it was not possible to check.
    """

    AFFECTED = "affected"
    POSSIBLE = "possible"
    ABSENT = "absent"
    WITHDRAWN = "withdrawn"
    UNCHECKED = "unchecked"


class Treatment(StrEnum):
    """How a risk is treated. ISO/IEC 27005:2022, 8.2."""

    NONE = ""
    MODIFY = "modify"
    RETAIN = "retain"
    AVOID = "avoid"
    SHARE = "share"


class StatementSource(Contract, frozen=True, kw_only=True):
    """The statement (VEX) that decides about a version: its status, whose it is, its document, and its reason."""

    status: str
    supplier: str = ""
    document: str = ""
    stated: str = ""
    justification: str = ""
    detail: str = ""


class AffectedVersion(Contract, frozen=True, kw_only=True):
    """A version of the component in a product's version, the document that lists it, and the statement about it.

    `possible` is True if it cannot be decided whether it is affected; `reason` is then why.
    """

    product_version: str
    version: str
    document: Sha256
    possible: bool = False
    reason: str = ""
    statement: StatementSource | None = None


class BacklogDecision(Contract, frozen=True, kw_only=True, omit_defaults=True):
    """What people decided of an item.

    `state` is none that only documents decide. `by` decided it, `until` ends an acceptance. `planned` is the day for which
    the remedy is planned. `decided` is the day of the last change, `revision` the number of changes.
    """

    state: ItemState = ItemState.NEW
    owner: str = ""
    by: str = ""
    until: Day = ""
    reason: str = ""
    planned: Day = ""
    note: str = ""
    decided: Day = ""
    revision: Count = 0


class HistoryEntry(Contract, frozen=True, kw_only=True):
    """A change of an item: when, by whom (`edit` if the change did not name anyone, empty for a run), and what."""

    at: Timestamp
    text: str
    by: str = ""


class MergedItem(Contract, frozen=True, kw_only=True):
    """An item that is now part of another one, because their names are of the same vulnerability; and what was decided of the whole then."""

    item: BacklogItem
    decision: BacklogDecision


class BacklogItem(Contract, frozen=True, kw_only=True, omit_defaults=True):
    """One item.

    `component` is its package URL without a version. `fixed_version` fixes the vulnerability, `clear_version` has none that
    can be fixed. `names` are those of the vulnerability in display order, `former` those
    that it once had. `first_seen` never changes; `received` is the day on which the first document with it came.
    `versions` are the affected ones that the newest accepted documents list, `older` those of earlier versions of the
    product. `checked` are the documents that the presence rests on. `due` follows from the severity, counted from `due_basis`.
    `default_owner` is that of the supplier in the configuration.
    """

    id: ItemId
    supplier: str
    product: str
    component: str
    names: tuple[str, ...]
    first_seen: Day
    last_seen: Day
    received: Day
    severity: Severity
    presence: Presence
    former: tuple[str, ...] = ()
    score: str = ""
    vector: str = ""
    malware: bool = False
    summary: str = ""
    published: Day = ""
    fixed_version: str = ""
    clear_version: str = ""
    exploitation: Exploitation = Exploitation()
    versions: tuple[AffectedVersion, ...] = ()
    older: tuple[AffectedVersion, ...] = ()
    checked: tuple[Sha256, ...] = ()
    unchecked: str = ""
    conflicts: tuple[str, ...] = ()
    due: Day = ""
    due_basis: str = ""
    fixed_on: Day = ""
    fixed_by: str = ""
    reopened: Day = ""
    default_owner: str = ""
    decision: BacklogDecision = BacklogDecision()
    merged: tuple[MergedItem, ...] = ()
    history: tuple[HistoryEntry, ...] = ()

    @property
    def owner(self) -> str:
        """Whoever deals with it: as decided, else as configured for the supplier; empty where neither is known."""
        return self.decision.owner or self.default_owner


class RiskDecision(Contract, frozen=True, kw_only=True, omit_defaults=True):
    """What people decided of a risk; 0 and empty where the proposal counts."""

    likelihood: Scale = 0
    impact: Scale = 0
    exposure: Exposure = Exposure.UNKNOWN
    controls: str = ""
    treatment: Treatment = Treatment.NONE
    action: str = ""
    owner: str = ""
    due: Day = ""
    residual_likelihood: Scale = 0
    residual_impact: Scale = 0
    accepted_by: str = ""
    review: Day = ""
    note: str = ""
    decided: Day = ""
    revision: Count = 0


class Risk(Contract, frozen=True, kw_only=True, omit_defaults=True):
    """One risk: a product of a supplier. `items` are those of the backlog that are open; the rest is what they propose."""

    id: RiskId
    supplier: str
    product: str
    since: Day
    cause: str = ""
    event: str = ""
    consequence: str = ""
    likelihood: Scale = 0
    impact: Scale = 0
    exposure: Exposure = Exposure.UNKNOWN
    basis: str = ""
    due: Day = ""
    review: Day = ""
    items: tuple[ItemId, ...] = ()
    default_owner: str = ""
    decision: RiskDecision = RiskDecision()

    @property
    def owner(self) -> str:
        """Whoever deals with it, likewise."""
        return self.decision.owner or self.default_owner


class UncheckedPart(Contract, frozen=True, kw_only=True):
    """Something that the last review could not check, as a sentence, and what to do about it."""

    text: str
    step: str


class Backlog(Contract, frozen=True, kw_only=True, omit_defaults=True):
    """The whole file; items and risks in the order of their ids.

    `reviewed` is when a run last compared it with the registry, `unchecked` what that could not check, and `requests` are the
    suppliers whose newest documents were not accepted then.
    """

    schema: Literal["supplier-backlog/1"]
    tenant: str
    reviewed: str = ""
    unchecked: tuple[UncheckedPart, ...] = ()
    requests: tuple[str, ...] = ()
    items: tuple[BacklogItem, ...] = ()
    risks: tuple[Risk, ...] = ()
