"""Findings as the page lists them: subject, location, due date, and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import msgspec

from ops.supply_chain.assurance.report.inputs import SinceInput
from ops.supply_chain.assurance.report.tone import WORST_FIRST
from ops.supply_chain.contracts.files.findings_report import FindingsReport
from ops.supply_chain.contracts.values.exploitation import Exploitation
from ops.supply_chain.contracts.values.finding import Finding, FindingRow, Severity
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.formats.cause_lines import AdvisoryLink, CauseStep, advisory_links, step_text

MOST_SHOWN = 2000
"""Findings on the page; the others are counted, and listed in `dist/findings/`."""

GATES = {
    "bytes": "Hashes",
    "hash": "Hashes",
    "licence": "Licences",
    "lock": "Locks",
    "malware": "Malware",
    "publisher": "Publishers",
    "sbom": "SBOM",
    "vex": "VEX",
    "vulnerability": "Vulnerabilities",
    "waiver": "Waivers",
}


class FindingView(msgspec.Struct, frozen=True, kw_only=True):
    """One finding; `text` is its searchable text, in lower case; `state` is `new` or `updated` since the earlier scan, or empty.

    `exploited` states since when it is known to be exploited, `score` its EPSS; empty where there is none.
    """

    severity: str
    severity_word: str
    gate: str
    subject: str
    identifiers: tuple[AdvisoryLink, ...]
    step: CauseStep
    message: str
    where: str
    more_places: int
    when: str
    late: bool
    first_seen: str
    waived_by: str
    text: str
    state: str = ""
    exploited: str = ""
    score: str = ""


class Count(msgspec.Struct, frozen=True, kw_only=True):
    """One choice of a filter: value, label, count."""

    value: str
    label: str
    count: int


class FindingsView(msgspec.Struct, frozen=True, kw_only=True):
    """All findings: `rows` worst first, waived last; `left` counts findings that are not on the page.

    `blocking` is whether an open one fails its gate or denies the release: one of severity `info` never does. `grouped` says that some findings differ only in location and are shown as one.
    """

    rows: tuple[FindingView, ...]
    grouped: bool
    blocking: bool
    left: int
    open: int
    waived: int
    severities: tuple[Count, ...]
    gates: tuple[Count, ...]
    without_record: tuple[str, ...]
    since: SinceInput | None


def findings_view(
    report: FindingsReport,
    rows: Sequence[FindingRow],
    today: date,
    *,
    denies: bool = False,
    since: SinceInput | None = None,
) -> FindingsView:
    """Arrange findings for the page.

    Args:
        report: The findings of the run.
        rows: Their rows, as all forms show them: the worst first, waived ones last.
        today: The day in the zone of the response clock.
        denies: Whether the policy denies the release because of one.
        since: How they compare with an earlier scan.
    """
    words = since.words if since is not None else ("",) * len(rows)
    views = tuple(_view(row, today, word) for row, word in zip(rows[:MOST_SHOWN], words, strict=False))
    return FindingsView(
        rows=views,
        blocking=denies or _fails(report),
        grouped=len(rows) < len(report.findings),
        left=sum(row.merged for row in rows[MOST_SHOWN:]),
        open=sum(report.standing.values()),
        waived=report.waived,
        severities=tuple(
            Count(value=severity.value, label=label(severity), count=number)
            for severity in WORST_FIRST
            if (number := sum(view.severity == severity.value for view in views))
        ),
        gates=_gates(views),
        without_record=report.without_record,
        since=since,
    )


def _fails(report: FindingsReport) -> bool:
    """Return whether a gate failed, and there is an open finding of which it can be."""
    grave = any(count for severity, count in report.standing.items() if severity != Severity.INFO.value)
    return grave and any(stage.outcome is Outcome.FAIL for stage in report.stages)


def label(severity: Severity) -> str:
    """Return a severity as a word."""
    return "Unknown, counts as high" if severity is Severity.UNKNOWN else severity.value.capitalize()


def gate_of(finding: Finding) -> str:
    """Return the gate of a finding, in words."""
    family = finding.code.split(".", 1)[0]
    return GATES.get(family, family.replace("-", " ").capitalize())


def _gates(rows: Sequence[FindingView]) -> tuple[Count, ...]:
    names = sorted({row.gate for row in rows})
    return tuple(Count(value=name, label=name, count=sum(row.gate == name for row in rows)) for name in names)


def _view(row: FindingRow, today: date, state: str) -> FindingView:
    finding = row.finding
    due = _day(finding.due) if not finding.waived_by else None
    known = finding.exploitation if isinstance(finding.exploitation, Exploitation) else Exploitation()
    searched = (row.subject, gate_of(finding), *row.identifiers, finding.message, *row.locations, state)
    return FindingView(
        severity=finding.severity.value,
        severity_word="Unknown" if finding.severity is Severity.UNKNOWN else finding.severity.value.capitalize(),
        gate=gate_of(finding),
        subject=row.subject,
        identifiers=advisory_links(row.identifiers),
        step=step_text(finding.next_step),
        message=finding.message,
        where=row.locations[0] if row.locations else "",
        more_places=row.places - 1 if row.locations else 0,
        when=_when(due, today) if due else "",
        late=due is not None and due < today and finding.severity is not Severity.INFO,
        first_seen=finding.first_seen,
        waived_by=finding.waived_by,
        text=" ".join(searched).lower(),
        state=state,
        exploited=known.words,
        score=known.score,
    )


def _when(due: date, today: date) -> str:
    """Return the due date; the gate's message has the number of business days."""
    return f"overdue since {due}" if due < today else f"due {due}"


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
