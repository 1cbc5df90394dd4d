"""`dist/findings/N.json`: every finding of a run, and what was examined to find it.

Computed from the records, for programs; `N.sarif` and `N.md` have the same findings. With `--public-log` it is only
written encrypted.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from ops.supply_chain.contracts.base import Contract, Count
from ops.supply_chain.contracts.files.record import FeedRef
from ops.supply_chain.contracts.values.finding import Finding
from ops.supply_chain.core.outcome import Outcome


class StageSummary(Contract, frozen=True, kw_only=True):
    """The result of one stage; `feeds` are sorted."""

    stage: str
    outcome: Outcome
    counts: dict[str, Count]
    feeds: tuple[FeedRef, ...]
    notes: tuple[str, ...]


class FindingState(StrEnum):
    """What a finding is compared with an earlier scan; `NOT_COMPARED` where that scan does not decide it.

    The others are those of SARIF 2.1.0, 3.27.24; `ABSENT` is what the earlier scan reported and this one does not.
    """

    NEW = "new"
    UNCHANGED = "unchanged"
    UPDATED = "updated"
    ABSENT = "absent"
    NOT_COMPARED = "not-compared"


class SinceEarlier(Contract, frozen=True, kw_only=True):
    """A scan compared with an earlier one of the same project.

    `started` and `version` are those of the earlier scan, empty where there is none that could be read; `problem` is then
    the reason, as a clause. `states` has one entry for each finding of the report, in its order. `absent` are the findings that are
    gone, sorted like the others; `unconfirmed` counts those of the earlier scan that may be gone or not: what would report
    them did not examine everything. `not_compared` has a clause for each stage of which the earlier record is missing, or did not
    examine everything: a finding that is not in it is not called new.
    """

    started: str
    version: str
    problem: str
    states: tuple[FindingState, ...]
    absent: tuple[Finding, ...]
    unconfirmed: Count
    not_compared: tuple[str, ...]

    @property
    def counts(self) -> dict[FindingState, int]:
        """How many findings have each state."""
        found = {state: self.states.count(state) for state in FindingState}
        return {**found, FindingState.ABSENT: len(self.absent)}


class FindingsReport(Contract, frozen=True, kw_only=True):
    """The whole file.

    `stages` are sorted by name; `without_record` are gates without a record, sorted: what they check was not examined.
    `standing` counts open findings by severity, `waived` the waived ones. `findings` are sorted by severity, waived
    ones last, each once; text is printable and free of credentials.
    `advisories` has the address of the page of each advisory that they name, by its identifier. `since` compares a scan with
    an earlier one; absent for a run that is not a scan.
    """

    schema: Literal["findings/1"]
    component: str
    version: str
    stages: tuple[StageSummary, ...]
    without_record: tuple[str, ...]
    standing: dict[str, Count]
    waived: Count
    findings: tuple[Finding, ...]
    advisories: dict[str, str] = msgspec.field(default_factory=dict)
    since: SinceEarlier | UnsetType = UNSET
