"""`dist/findings/N.json`: every finding of a run, and what was examined to find it.

Computed from the records, for programs; `N.sarif` and `N.md` have the same findings. With `--public-log` it is only
written encrypted.
"""

from __future__ import annotations

from typing import Literal

import msgspec

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


class FindingsReport(Contract, frozen=True, kw_only=True):
    """The whole file.

    `stages` are sorted by name; `without_record` are gates without a record, sorted: what they check was not examined.
    `standing` counts open findings by severity, `waived` the waived ones. `findings` are sorted by severity, waived
    ones last, each once; text is printable and free of credentials.
    `advisories` has the address of the page of each advisory that they name, by its identifier.
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
