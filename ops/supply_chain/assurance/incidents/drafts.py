"""A revision of an incident from facts and evidence, its drafts, and what the terminal shows of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

import msgspec

from ops.supply_chain.assurance.incidents.advisories import AdvisoryTool, csaf_document, csaf_problem, osv_record
from ops.supply_chain.assurance.incidents.content import release_words, title_of, unknowns_of
from ops.supply_chain.assurance.incidents.deadlines import deadlines_of, duty_of
from ops.supply_chain.assurance.incidents.reports import duty_words, github_markdown, report_markdown, state_of
from ops.supply_chain.assurance.incidents.statuses import (
    InventoriedRelease,
    concerned_packages,
    release_statuses,
)
from ops.supply_chain.contracts.config.compliance import CraRole
from ops.supply_chain.contracts.files.incident import (
    AdvisoryPublisher,
    Incident,
    IncidentFacts,
    IncidentFile,
    IncidentReport,
    OmittedDraft,
    ReleaseStatus,
    ReportDeadline,
)
from ops.supply_chain.contracts.values.finding import Finding
from ops.supply_chain.core import canonical
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.moments import parse_timestamp

CSAF_NAME = "advisory.csaf.json"
OSV_NAME = "advisory.osv.json"
GITHUB_NAME = "github-advisory.md"
REPORT_NAMES = {
    IncidentReport.EARLY_WARNING: "early-warning.md",
    IncidentReport.NOTIFICATION: "notification.md",
    IncidentReport.FINAL_REPORT: "final-report.md",
}


class NamedIncident(NamedTuple):
    """What an incident is about: component, identifier, further names."""

    component: str
    id: str
    aliases: tuple[str, ...]


def incident_of(  # noqa: PLR0913 - each is one input of a revision
    named: NamedIncident,
    facts: IncidentFacts,
    *,
    findings: tuple[Finding, ...],
    releases: tuple[InventoriedRelease, ...],
    role: CraRole,
    publisher: AdvisoryPublisher,
    earlier: tuple[Incident, ...],
    drafted: str,
) -> Incident:
    """Return the next revision, without the digests of its drafts.

    Args:
        named: What it is about.
        facts: What the maintainers stated so far.
        findings: Those about it, sorted.
        releases: In order of release.
        role: `[compliance].cra_role`.
        publisher: Of the advisory.
        earlier: The revisions before, in order.
        drafted: When this one is drafted.
    """
    duty = duty_of(role, facts)
    incident = Incident(
        schema="incident/1",
        component=named.component,
        id=named.id,
        aliases=named.aliases,
        packages=concerned_packages(findings, facts.package),
        revision=len(earlier) + 1,
        previous_sha256=sha256_bytes(canonical.encode(earlier[-1])) if earlier else None,
        first_drafted=earlier[0].drafted if earlier else drafted,
        drafted=drafted,
        role=role,
        reporting=duty.answer,
        reporting_reason=duty.reason,
        publisher=publisher,
        facts=facts,
        findings=findings,
        releases=release_statuses(releases, findings, facts),
        deadlines=deadlines_of(facts),
        unknown=(),
        omitted=(),
        files=(),
    )
    problem = csaf_problem(incident)
    omitted = (OmittedDraft(name=CSAF_NAME, reason=problem),) if problem else ()
    return msgspec.structs.replace(incident, unknown=unknowns_of(incident), omitted=omitted)


def is_same(before: Incident, after: Incident) -> bool:
    """Return whether a revision would state nothing that the one before does not."""
    return _content(before) == _content(after)


def drafts_of(incident: Incident, tool: AdvisoryTool, *, history: tuple[str, ...]) -> dict[str, bytes]:
    """Return the drafts by name, sorted.

    Args:
        incident: The revision.
        tool: The program that drafts.
        history: When the earlier revisions were drafted, in order.
    """
    drafts = {name: report_markdown(incident, report) for report, name in REPORT_NAMES.items()}
    drafts |= {OSV_NAME: osv_record(incident), GITHUB_NAME: github_markdown(incident)}
    if CSAF_NAME not in {draft.name for draft in incident.omitted}:
        drafts[CSAF_NAME] = csaf_document(incident, tool, history)
    return dict(sorted(drafts.items()))


def with_files(incident: Incident, drafts: Mapping[str, bytes]) -> Incident:
    """Return the revision with the digests of its drafts."""
    files = tuple(
        IncidentFile(name=name, sha256=sha256_bytes(data), size=len(data)) for name, data in sorted(drafts.items())
    )
    return msgspec.structs.replace(incident, files=files)


def counts_of(incident: Incident) -> dict[str, int]:
    """Return the counts of a revision: all that a public log shows."""
    statuses = [release.status for release in incident.releases]
    names = {status: status.value.replace("-", "_") for status in ReleaseStatus}
    return {
        **{f"releases_{name}": statuses.count(status) for status, name in names.items()},
        "findings": len(incident.findings),
        "unknown": len(incident.unknown),
    }


def incident_text(incident: Incident, *, now: datetime) -> list[str]:
    """Return what a terminal shows: title, obligation, deadlines with the time that is left, releases, what is unknown."""
    return [
        f"{title_of(incident)} (revision {incident.revision}, aware since {incident.facts.aware})",
        duty_words(incident),
        *(f"  {state_of(deadline)}{_left(deadline, now)}" for deadline in incident.deadlines),
        "Releases:",
        *(f"  {release_words(release)}" for release in incident.releases),
        f"Unknown: {'; '.join(incident.unknown) or 'nothing'}",
        *(f"Not drafted: {draft.name}: {draft.reason}" for draft in incident.omitted),
    ]


def _left(deadline: ReportDeadline, now: datetime) -> str:
    if deadline.due is None or deadline.submitted is not None:
        return ""
    seconds = int((parse_timestamp(deadline.due, where="deadline") - now).total_seconds())
    hours, minutes = abs(seconds) // 3600, abs(seconds) % 3600 // 60
    return f"; {hours} h {minutes} min left" if seconds >= 0 else f"; OVERDUE by {hours} h {minutes} min"


def _content(incident: Incident) -> Incident:
    return msgspec.structs.replace(incident, revision=1, previous_sha256=None, first_drafted="", drafted="", files=())
