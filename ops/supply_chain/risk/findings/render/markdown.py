"""Findings as GitHub-flavoured Markdown, for `$GITHUB_STEP_SUMMARY` and for reading.

Text from outside is escaped, so that a name can neither close a table cell nor become a link, a mention, HTML or
a picture.

Source: GitHub Flavored Markdown, https://github.github.com/gfm/, 4.10 "Tables (extension)", 6.1 "Backslash
escapes", 6.9 "Autolinks (extension)".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ops.supply_chain.contracts.files.findings_report import FindingsReport
from ops.supply_chain.contracts.values.finding import FindingRow
from ops.supply_chain.risk.findings.render.rows import clean_text, label, rows, stage_coverage, totals, where

SUMMARY_LIMIT_BYTES = 1_000_000
"""GitHub accepts 1 MiB of summary for each step and drops a longer one entirely."""

_SPECIAL = re.compile(r"[\\`*_{}\[\]()#+!|~^$=-]")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "@": "&#64;", ":": "&#58;"}
_ENTITY = re.compile("|".join(_ENTITIES))
_WWW = re.compile(r"(?i)\bwww\.")


def escape(text: str) -> str:
    """Return text that Markdown shows as it is, on one line, in a table cell or elsewhere."""
    once = _SPECIAL.sub(r"\\\g<0>", text)
    return _WWW.sub(lambda found: found[0][:-1] + "&#46;", _ENTITY.sub(lambda found: _ENTITIES[found[0]], once))


def report_markdown(report: FindingsReport) -> str:
    """Return the whole report."""
    return "\n".join([*_head(report), *(line for lines in _sections(report) for line in lines)]) + "\n"


def summary(report: FindingsReport, *, most_bytes: int = SUMMARY_LIMIT_BYTES) -> str:
    """Return as much of the report as GitHub accepts: whole rows, the most severe first."""
    whole = report_markdown(report)
    if len(whole.encode()) <= most_bytes:
        return whole
    lines = [*_head(report), "", "The findings do not fit here: see the files of this run for all of them."]
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


def _head(report: FindingsReport, *, public: bool = False) -> Iterator[str]:
    name = "" if public else f": {escape(report.component)} {escape(report.version)}"
    yield f"## Findings{name}"
    yield ""
    yield escape(totals(report)) + "."
    yield ""
    yield "| stage | outcome | examined |"
    yield "|---|---|---|"
    for stage in report.stages:
        examined = "" if public else escape(stage_coverage(stage))
        yield f"| {escape(stage.stage)} | {stage.outcome.value} | {examined} |"
    for gate in report.without_record:
        yield f"| {escape(gate)} | no record | not run, or did not finish |"


def _sections(report: FindingsReport) -> Iterator[list[str]]:
    last = ""
    for row in rows(report.findings):
        group = "waived" if row.finding.waived_by else label(row.finding.severity)
        if group != last:
            last = group
            yield _heading(group, waived=bool(row.finding.waived_by))
        yield [_table_row(row)]


def _heading(group: str, *, waived: bool) -> list[str]:
    columns = "waived by" if waived else "next step"
    return [
        "",
        f"### {group[0].upper()}{group[1:]}",
        "",
        f"| package | what | where | due | {columns} |",
        "|---" * 5 + "|",
    ]


def _table_row(row: FindingRow) -> str:
    finding = row.finding
    what = f"{finding.message} ({', '.join(row.identifiers)})"
    due = "" if finding.waived_by else finding.due
    last = clean_text(finding.waived_by or finding.next_step)
    return "| " + " | ".join(map(escape, (row.subject, what, where(row), due, last))) + " |"
