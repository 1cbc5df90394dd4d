"""`incident.json` of one revision of an incident: what is known, what is unknown, and by when each report is due.

`data/artifacts/incidents/N/ID/0001/incident.json`; each later run that has something new adds a revision.

Source: docs/incident-reporting.md
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

import msgspec

from ops.supply_chain.contracts.base import Contract, Count, Sha256, Timestamp
from ops.supply_chain.contracts.config.compliance import CraRole
from ops.supply_chain.contracts.values.finding import Finding

Revision = Annotated[int, msgspec.Meta(ge=1, le=9999)]
"""Place of a revision; the first is 1."""


class IncidentKind(StrEnum):
    """The two events of Article 14: an actively exploited vulnerability, a severe incident."""

    VULNERABILITY = "vulnerability"
    INCIDENT = "incident"


class Knowledge(StrEnum):
    """An answer that may be unknown."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class IncidentReport(StrEnum):
    """The three reports, in order."""

    EARLY_WARNING = "early-warning"
    NOTIFICATION = "notification"
    FINAL_REPORT = "final-report"


class ReleaseStatus(StrEnum):
    """Whether a release is affected, as far as it is known."""

    AFFECTED = "affected"
    FIXED = "fixed"
    NOT_AFFECTED = "not-affected"
    UNKNOWN = "unknown"


class AdvisoryPublisher(Contract, frozen=True, kw_only=True):
    """Who publishes the advisory: name and https address; empty where unknown."""

    name: str = ""
    address: str = ""


class IncidentFacts(Contract, frozen=True, kw_only=True):
    """What the maintainers stated, over all runs so far.

    `package` is the only package that it is about, empty for all. `aware` is when they became aware, `fix_available` when a corrective or mitigating measure became available; None
    while that is unknown. `submitted` is when each report was submitted, by report. `credits` are names in the order in
    which they were given; `affected` and `fixed` are versions of releases, sorted. `summary` is empty while unknown.
    """

    kind: IncidentKind
    aware: Timestamp
    package: str = ""
    exploited: Knowledge = Knowledge.UNKNOWN
    fix_available: Timestamp | None = None
    submitted: dict[IncidentReport, Timestamp] = msgspec.field(default_factory=dict)
    credits: tuple[str, ...] = ()
    affected: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()
    summary: str = ""


class IncidentRelease(Contract, frozen=True, kw_only=True):
    """One release: its status, the reason, and the versions of the affected packages that its SBOM has.

    `packages` are `name version`, sorted. `purl` is the SBOM's own for the release; empty where it has none.
    """

    version: str
    status: ReleaseStatus
    reason: str
    packages: tuple[str, ...] = ()
    purl: str = ""


class ReportDeadline(Contract, frozen=True, kw_only=True):
    """One report: when it is due (None while that is unknown), by which rule, and when it was submitted."""

    report: IncidentReport
    due: Timestamp | None
    rule: str
    submitted: Timestamp | None = None


class IncidentFile(Contract, frozen=True, kw_only=True):
    """One draft of the revision, by digest."""

    name: str
    sha256: Sha256
    size: Count


class OmittedDraft(Contract, frozen=True, kw_only=True):
    """A draft that was not made, and why."""

    name: str
    reason: str


class Incident(Contract, frozen=True, kw_only=True):
    """One revision of an incident.

    `id` is the identifier under which it is kept, `aliases` the other names in the findings, `packages` the PEP 503 names of
    the packages concerned; both sorted. `reporting` states whether Article 14 obliges the maintainers to report,
    `reporting_reason` why. `releases` are in order of release, `findings` as in records, `unknown` what a person has to
    find out. `previous_sha256` is the digest of the `incident.json` before, None for the first revision.
    """

    schema: Literal["incident/1"]
    component: str
    id: str
    aliases: tuple[str, ...]
    packages: tuple[str, ...]
    revision: Revision
    previous_sha256: Sha256 | None
    first_drafted: Timestamp
    drafted: Timestamp
    role: CraRole
    reporting: Knowledge
    reporting_reason: str
    publisher: AdvisoryPublisher
    facts: IncidentFacts
    findings: tuple[Finding, ...]
    releases: tuple[IncidentRelease, ...]
    deadlines: tuple[ReportDeadline, ...]
    unknown: tuple[str, ...]
    omitted: tuple[OmittedDraft, ...]
    files: tuple[IncidentFile, ...]
