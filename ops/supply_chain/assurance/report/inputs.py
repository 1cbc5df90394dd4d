"""Everything that the page is made from, as values: nothing here was read, asked or timed by this package.

Each part that may be missing says so: None, or a sentence in the `_problem` beside it. What is missing is shown
as not examined, never left out and never shown as clean.
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


class PackageChange(msgspec.Struct, frozen=True, kw_only=True):
    """One change since the last release: its kind in kebab case, the package, and what was and is."""

    kind: str
    name: str
    version: str
    before: tuple[str, ...]
    after: tuple[str, ...]


class PreviousRelease(msgspec.Struct, frozen=True, kw_only=True):
    """The retained release before this one, and every change since, the worst first."""

    version: str
    retained_at: str
    differences: tuple[PackageChange, ...]
    hashes_not_compared: int


class AcceptedWaiver(msgspec.Struct, frozen=True, kw_only=True):
    """One waiver as configured: `label` is what a finding that it waives says of it."""

    id: str
    package: str
    reason: str
    owner: str
    expires: date
    label: str


class ReportInput(msgspec.Struct, frozen=True, kw_only=True):
    """One run, as it lies in `dist/`.

    `today` is the day in the zone of the response clock, `waiver_day` that in the zone of the waivers.
    `findings` leaves out what the policy says, which is in the verdicts. `stale` names what the verdicts are about and what lies here with other bytes. `released`
    are the digests of the files of the release now, by name. `bom` is the parsed CycloneDX document of the whole,
    `verification` the parsed `verification/1`. `previous` is None where there is no release before this one or
    where it cannot be compared: then `previous_problem` says why. `inputs` are all files read, sorted.
    """

    component: str
    version: str
    today: date
    waiver_day: date
    warn_days: int
    rehearsal: bool
    records: tuple[Record, ...]
    findings: FindingsReport
    verdict: Verdict | None = None
    provenance_verdict: Verdict | None = None
    stale: tuple[str, ...] = ()
    verification: dict[str, Any] | None = None
    released: dict[str, str] = {}
    bom: dict[str, Any] | None = None
    previous: PreviousRelease | None = None
    previous_problem: str = ""
    waivers: tuple[AcceptedWaiver, ...] = ()
    waivers_malformed: int = 0
    claims: ClaimsReport | None = None
    claims_problem: str = ""
    inputs: tuple[FileRef, ...] = ()
