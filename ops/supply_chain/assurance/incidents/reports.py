"""The drafts of the three reports of Article 14, and of GitHub's advisory form, as Markdown.

Source: Regulation (EU) 2024/2847, Article 14(2) and (4), https://eur-lex.europa.eu/eli/reg/2024/2847/oj;
https://docs.github.com/en/code-security/security-advisories/working-with-repository-security-advisories/creating-a-repository-security-advisory
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ops.supply_chain.assurance.incidents.content import (
    UNKNOWN,
    description_of,
    exploitation_of,
    is_published,
    pypi_name,
    release_words,
    severity_of,
    title_of,
    versions_with,
)
from ops.supply_chain.contracts.config.compliance import CraRole
from ops.supply_chain.contracts.files.incident import (
    Incident,
    IncidentKind,
    IncidentReport,
    Knowledge,
    ReleaseStatus,
    ReportDeadline,
)
from ops.supply_chain.formats import markdown
from ops.supply_chain.formats.advisory_ids import advisory_page

REPORT_TITLES = {
    IncidentReport.EARLY_WARNING: "Early warning",
    IncidentReport.NOTIFICATION: "Notification",
    IncidentReport.FINAL_REPORT: "Final report",
}
_ARTICLES = {
    (IncidentKind.VULNERABILITY, IncidentReport.EARLY_WARNING): "Article 14(2)(a)",
    (IncidentKind.VULNERABILITY, IncidentReport.NOTIFICATION): "Article 14(2)(b)",
    (IncidentKind.VULNERABILITY, IncidentReport.FINAL_REPORT): "Article 14(2)(c)",
    (IncidentKind.INCIDENT, IncidentReport.EARLY_WARNING): "Article 14(4)(a)",
    (IncidentKind.INCIDENT, IncidentReport.NOTIFICATION): "Article 14(4)(b)",
    (IncidentKind.INCIDENT, IncidentReport.FINAL_REPORT): "Article 14(4)(c)",
}
_TIME = re.compile(r"(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z)")
_NOT_SENT = (
    "Draft. sealwright sends nothing: a person checks it and submits it through the Single Reporting Platform of ENISA."
)


def report_markdown(incident: Incident, report: IncidentReport) -> bytes:
    """Return the draft of one report."""
    deadline = next(row for row in incident.deadlines if row.report is report)
    rows = [*_common(incident, deadline), *_OWN[report](incident)]
    parts = [
        markdown.heading(1, f"{REPORT_TITLES[report]}: {markdown.text(title_of(incident))}"),
        _NOT_SENT,
        markdown.table(("Field", "Content"), [(name, _cell(value)) for name, value in rows]),
        markdown.heading(2, "Releases"),
        markdown.bullets(markdown.text(release_words(release)) for release in incident.releases) or UNKNOWN,
        markdown.heading(2, "Unknown at the time of this draft"),
        markdown.bullets(incident.unknown) or "Nothing.",
    ]
    return ("\n\n".join(parts) + "\n").encode()


def github_markdown(incident: Incident) -> bytes:
    """Return the fields of GitHub's form for a repository security advisory, in its order."""
    name, cve = pypi_name(incident), cve_of(incident)
    rows = [
        ("Title", title_of(incident)),
        ("CVE identifier", cve or UNKNOWN),
        ("Ecosystem", "pip" if name else UNKNOWN),
        ("Package name", name or incident.component),
        ("Affected versions", _joined(f"= {version}" for version in versions_with(incident, ReleaseStatus.AFFECTED))),
        ("Patched versions", _joined(versions_with(incident, ReleaseStatus.FIXED))),
        ("Severity", severity_of(incident).value),
        ("Common weakness enumerator (CWE)", UNKNOWN),
        ("Credits", _joined(f"{credit} (reporter)" for credit in incident.facts.credits)),
    ]
    parts = [
        markdown.heading(1, f"GitHub advisory: {markdown.text(title_of(incident))}"),
        "Draft. sealwright sends nothing. GitHub credits accounts: replace each name under Credits by the reporter's account.",
        markdown.table(("Field", "Content"), [(field, markdown.text(value)) for field, value in rows]),
        markdown.heading(2, "Description"),
        markdown.heading(3, "Impact"),
        markdown.text(description_of(incident)),
        markdown.heading(3, "Patches"),
        markdown.text(_measures(incident)),
        markdown.heading(3, "Workarounds"),
        UNKNOWN,
        markdown.heading(3, "References"),
        markdown.bullets(markdown.link(name, advisory_page(name)) for name in references_of(incident)) or UNKNOWN,
    ]
    return ("\n\n".join(parts) + "\n").encode()


def cve_of(incident: Incident) -> str:
    """Return the CVE identifier, the incident's own first; empty if it has none."""
    return next((name for name in (incident.id, *incident.aliases) if name.startswith("CVE-")), "")


def references_of(incident: Incident) -> tuple[str, ...]:
    """Return the identifiers whose public pages describe it."""
    return (incident.id, *incident.aliases) if is_published(incident) else ()


def _common(incident: Incident, deadline: ReportDeadline) -> Iterator[tuple[str, str]]:
    facts = incident.facts
    yield "Regulation", f"(EU) 2024/2847, {_ARTICLES[facts.kind, deadline.report]}"
    yield "Role", UNKNOWN if incident.role is CraRole.UNDECIDED else f"{incident.role} (stated by the maintainers)"
    yield "Obligation to report", f"{incident.reporting}: {incident.reporting_reason}"
    yield "Aware since", f"{facts.aware} (UTC)"
    yield "Due", f"{f'{deadline.due} (UTC)' if deadline.due else UNKNOWN}: {deadline.rule}"
    yield "Submitted", f"{deadline.submitted} (UTC)" if deadline.submitted else "not stated"
    yield "Product", incident.component
    yield "Identifier", ", ".join((incident.id, *incident.aliases))


def _early_warning(incident: Incident) -> Iterator[tuple[str, str]]:
    if incident.facts.kind is IncidentKind.VULNERABILITY:
        yield "Actively exploited", "; ".join((incident.facts.exploited.value, *exploitation_of(incident)))
    else:
        yield "Suspected of being caused by unlawful or malicious acts", UNKNOWN
    yield "Member States in which the product has been made available", UNKNOWN


def _notification(incident: Incident) -> Iterator[tuple[str, str]]:
    vulnerability = incident.facts.kind is IncidentKind.VULNERABILITY
    yield "General nature of the vulnerability" if vulnerability else "Nature of the incident", description_of(incident)
    yield "General nature of the exploit" if vulnerability else "Initial assessment", UNKNOWN
    yield "Corrective or mitigating measures taken", _measures(incident)
    yield "Corrective or mitigating measures that users can take", _users_measures(incident)
    yield "How sensitive the information is considered", UNKNOWN


def _final_report(incident: Incident) -> Iterator[tuple[str, str]]:
    vulnerability = incident.facts.kind is IncidentKind.VULNERABILITY
    yield "Description", description_of(incident)
    yield "Severity", severity_of(incident).value
    yield "Impact", UNKNOWN
    if vulnerability:
        yield "Malicious actor that has exploited it", UNKNOWN
    else:
        yield "Type of threat or root cause", UNKNOWN
    yield "Security update or other corrective measures", _measures(incident)
    if not vulnerability:
        yield "Ongoing mitigation measures", UNKNOWN


_OWN = {
    IncidentReport.EARLY_WARNING: _early_warning,
    IncidentReport.NOTIFICATION: _notification,
    IncidentReport.FINAL_REPORT: _final_report,
}


def _measures(incident: Incident) -> str:
    fixed = versions_with(incident, ReleaseStatus.FIXED)
    since = incident.facts.fix_available
    known = [f"fixed in {', '.join(fixed)}"] if fixed else []
    known += [f"a corrective or mitigating measure has been available since {since} (UTC)"] if since else []
    return "; ".join(known) or UNKNOWN


def _users_measures(incident: Incident) -> str:
    fixed = versions_with(incident, ReleaseStatus.FIXED)
    return f"upgrade to {fixed[-1]}" if fixed else UNKNOWN


def _cell(value: str) -> str:
    """Return a value as Markdown in which times stay readable as text."""
    parts = _TIME.split(value)
    return "".join(f"`{part}`" if _TIME.fullmatch(part) else _text(part) for part in parts)


def _text(part: str) -> str:
    """Return text as Markdown, with the spaces at its ends."""
    inner = part.strip()
    before, after = part[: len(part) - len(part.lstrip())], part[len(part.rstrip()) :]
    return f"{before}{markdown.text(inner)}{after}" if inner else part


def _joined(words: Iterator[str] | tuple[str, ...]) -> str:
    return ", ".join(words) or UNKNOWN


def state_of(deadline: ReportDeadline) -> str:
    """Return a deadline on one line, without the time that is left."""
    due = f"{deadline.due} (UTC)" if deadline.due else UNKNOWN
    done = f", submitted {deadline.submitted}" if deadline.submitted else ""
    return f"{REPORT_TITLES[deadline.report]}: due {due}{done}: {deadline.rule}"


def duty_words(incident: Incident) -> str:
    """Return whether there is an obligation to report, on one line."""
    word = {Knowledge.YES: "required", Knowledge.NO: "not required"}.get(incident.reporting, UNKNOWN)
    return f"Reporting under Article 14: {word} ({incident.reporting_reason})"
