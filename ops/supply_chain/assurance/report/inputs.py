"""The input of the page, as values that `gather.assurance.report` reads.

A part that may be missing is None, with a reason in its `..._problem` field. What is missing is shown as not
examined, never left out and never shown as clean.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec

from ops.supply_chain.contracts.base import FileRef
from ops.supply_chain.contracts.files.claims import ClaimsReport
from ops.supply_chain.contracts.files.findings_report import FindingsReport
from ops.supply_chain.contracts.files.record import Record
from ops.supply_chain.contracts.files.verdict import Verdict
from ops.supply_chain.contracts.values.cause import Mark, RootCause
from ops.supply_chain.contracts.values.finding import FindingRow


class PackageChange(msgspec.Struct, frozen=True, kw_only=True):
    """One change since the last release: its kind in kebab case, the package, old and new values."""

    kind: str
    name: str
    version: str
    before: tuple[str, ...]
    after: tuple[str, ...]


class ReportBaseline(msgspec.Struct, frozen=True, kw_only=True):
    """The retained release before this one, and every change since, the worst first."""

    version: str
    retained_at: str
    differences: tuple[PackageChange, ...]
    hashes_not_compared: int


class AcceptedWaiver(msgspec.Struct, frozen=True, kw_only=True):
    """One waiver as configured; `label` equals `waived_by` of the findings that it waives."""

    id: str
    package: str
    reason: str
    owner: str
    expires: date
    label: str


class SinceInput(msgspec.Struct, frozen=True, kw_only=True):
    """A scan compared with the one before: a sentence, a word for each row of findings (`new`, `updated` or empty), what is gone.

    `not_compared` has a clause for each stage that could not be compared in full.
    """

    sentence: str
    words: tuple[str, ...]
    gone: tuple[FindingRow, ...]
    not_compared: tuple[str, ...]


class ReportInput(msgspec.Struct, frozen=True, kw_only=True):
    """One run, as its files in `dist/` state it.

    `today` is the day in the zone of the response clock, `clock_day` the one on which the scan counted, from which `due_texts`
    has the distance of each due date, by its ISO date. `since` is None for a run that is no scan. `waiver_day` that in the zone of the waivers. `findings`
    excludes those of the policy, which are in the verdicts. `stale` names the inputs of the verdicts whose bytes
    changed since. `causes` are the root causes of the run with their marks, what matters most first. `released` are the current digests of the release's files, by name. `bom` is the parsed aggregate
    CycloneDX document, `verification` the parsed `verification/1`. `previous` is None where there is no earlier
    release, or it cannot be compared; `previous_problem` is the reason. `inputs` are all files read, sorted.
    """

    component: str
    version: str
    today: date
    waiver_day: date
    warn_days: int
    rehearsal: bool
    records: tuple[Record, ...]
    findings: FindingsReport
    finding_rows: tuple[FindingRow, ...]
    clock_day: date
    due_texts: dict[str, str]
    since: SinceInput | None = None
    causes: tuple[tuple[Mark, RootCause], ...] = ()
    verdict: Verdict | None = None
    provenance_verdict: Verdict | None = None
    stale: tuple[str, ...] = ()
    verification: dict[str, Any] | None = None
    released: dict[str, str] = {}
    bom: dict[str, Any] | None = None
    previous: ReportBaseline | None = None
    previous_problem: str = ""
    waivers: tuple[AcceptedWaiver, ...] = ()
    waivers_malformed: int = 0
    claims: ClaimsReport | None = None
    claims_problem: str = ""
    inputs: tuple[FileRef, ...] = ()
