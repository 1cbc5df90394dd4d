"""Findings as GitHub-flavoured Markdown, for `$GITHUB_STEP_SUMMARY` and for reading.

Text from outside goes through `formats.markdown`, so that a name can neither close a table cell nor become a link, a
mention, HTML or a picture.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import UnsetType

from ops.supply_chain.contracts.files.findings_report import FindingsReport
from ops.supply_chain.contracts.values.finding import FindingRow
from ops.supply_chain.core.moments import feed_age_text
from ops.supply_chain.formats.cause_lines import CauseText, advisory_links, cause_lines, link_text
from ops.supply_chain.formats.markdown import text
from ops.supply_chain.risk.findings.render.rows import (
    anywhere,
    clean_text,
    group,
    row_states,
    rows,
    score,
    since_sentence,
    stage_coverage,
    state_word,
    totals,
    where,
)

MOST_CAUSES = 10
SUMMARY_LIMIT_BYTES = 1_000_000
"""GitHub accepts 1 MiB of summary for each step and drops a longer one entirely."""


def report_markdown(report: FindingsReport, causes: Sequence[CauseText] = ()) -> str:
    """Return the whole report, which begins with the root causes."""
    return "\n".join([*_head(report, causes), *(line for lines in _sections(report) for line in lines)]) + "\n"


def summary(report: FindingsReport, causes: Sequence[CauseText] = (), *, most_bytes: int = SUMMARY_LIMIT_BYTES) -> str:
    """Return as much of the report as GitHub accepts: whole rows, the most severe first."""
    whole = report_markdown(report, causes)
    if len(whole.encode()) <= most_bytes:
        return whole
    lines = [*_head(report, causes), "", "The findings do not fit here: see the files of this run for all of them."]
    room = most_bytes - sum(len(line.encode()) + 1 for line in lines) - 1
    for section in _sections(report):
        for line in section:
            room -= len(line.encode()) + 1
            if room < 0:
                return "\n".join(lines) + "\n"
            lines.append(line)
    return "\n".join(lines) + "\n"


def counts_only(report: FindingsReport) -> str:
    """Return what a public log may show: outcomes of stages, and counts."""
    return "\n".join(_head(report, public=True)) + "\n"


def _head(report: FindingsReport, causes: Sequence[CauseText] = (), *, public: bool = False) -> Iterator[str]:
    name = "" if public else f": {text(report.component)} {text(report.version)}"
    yield f"## Findings{name}"
    yield ""
    if causes:
        yield from (*cause_lines(causes, most=MOST_CAUSES), "")
    yield text(totals(report)) + "."
    yield ""
    if since := since_sentence(report):
        yield from (f"{since[:1].upper()}{since[1:]}.", "")  # a time, counts and words of ours
        yield from () if public else _not_compared(report)
    yield "| stage | outcome | examined |"
    yield "|---|---|---|"
    for stage in report.stages:
        examined = feed_age_text(stage.counts) if public else text(stage_coverage(stage))
        yield f"| {text(stage.stage)} | {stage.outcome.value} | {examined} |"
    for gate in report.without_record:
        yield f"| {text(gate)} | no record | not run, or did not finish |"


def _not_compared(report: FindingsReport) -> Iterator[str]:
    clauses = () if isinstance(report.since, UnsetType) else report.since.not_compared
    yield from (f"- not compared: {text(clause)}" for clause in clauses)
    yield from [""] if clauses else []


def _sections(report: FindingsReport) -> Iterator[list[str]]:
    last, states = "", row_states(report)
    for row in rows(report.findings):
        heading = "waived" if row.finding.waived_by else group(row.finding)
        if heading != last:
            last = heading
            yield _heading(heading, waived=bool(row.finding.waived_by))
        yield [_table_row(row, state_word(states.get(anywhere(row.finding))))]
    if not isinstance(report.since, UnsetType) and report.since.absent:
        yield ["", "### Gone since the earlier scan", "", "| package | what | where |", "|---" * 3 + "|"]
        yield from ([_gone_row(row)] for row in rows(report.since.absent))


def _heading(heading: str, *, waived: bool) -> list[str]:
    columns = "waived by" if waived else "next step"
    return [
        "",
        f"### {heading[0].upper()}{heading[1:]}",
        "",
        f"| package | what | where | due | {columns} |",
        "|---" * 5 + "|",
    ]


def _gone_row(row: FindingRow) -> str:
    return f"| {text(row.subject)} | {_what(row)} | {text(where(row))} |"


def _what(row: FindingRow) -> str:
    names = ", ".join(map(link_text, advisory_links(row.identifiers)))
    epss = f"; {text(score(row.finding))}" if score(row.finding) else ""
    return f"{text(row.finding.message)} ({names}{epss})"


def _table_row(row: FindingRow, state: str) -> str:
    finding = row.finding
    due = "" if finding.waived_by else finding.due
    last = clean_text(finding.waived_by or finding.next_step)
    subject = f"{text(row.subject)} **{state}**" if state else text(row.subject)
    return "| " + " | ".join((subject, _what(row), *map(text, (where(row), due, last)))) + " |"
