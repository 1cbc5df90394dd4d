"""Findings as GitHub-flavoured Markdown, for `$GITHUB_STEP_SUMMARY` and for reading.

Everything that comes from outside is escaped, so that a name can neither close a table cell nor become
a link, a mention, HTML or a picture.

Source: GitHub Flavored Markdown, 6.1 "Backslash escapes", 6.9 "Autolinks (extension)", 4.10 "Tables".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ops.supply_chain.contracts.files.findings_report import FindingsReport
from ops.supply_chain.contracts.values.finding import Finding
from ops.supply_chain.risk.findings.wording import examined, identifiers, label, places, subject, tally

SUMMARY_LIMIT_BYTES = 1_000_000
"""GitHub takes 1 MiB of summary a step, and drops all of a longer one."""

_SPECIAL = re.compile(r"[\\`*_{}\[\]()#+!|~^$=-]")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "@": "&#64;", ":": "&#58;"}
_ENTITY = re.compile("|".join(_ENTITIES))
_WWW = re.compile(r"(?i)\bwww\.")


def escape(text: str) -> str:
    """Return text that Markdown shows as it is, on one line, in a table cell or elsewhere."""
    once = _SPECIAL.sub(r"\\\g<0>", text)
    return _WWW.sub(lambda found: found[0][:-1] + "&#46;", _ENTITY.sub(lambda found: _ENTITIES[found[0]], once))


def markdown(report: FindingsReport) -> str:
    """Return the whole report."""
    return "\n".join([*_head(report), *(line for lines in _sections(report) for line in lines)]) + "\n"


def summary(report: FindingsReport, *, most_bytes: int = SUMMARY_LIMIT_BYTES) -> str:
    """Return as much of the report as GitHub takes: whole findings, worst first, and how many are missing."""
    whole = markdown(report)
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
    """Return what may stand in public: outcomes of stages, and counts."""
    return "\n".join(_head(report, public=True)) + "\n"


def _head(report: FindingsReport, *, public: bool = False) -> Iterator[str]:
    name = "" if public else f": {escape(report.component)} {escape(report.version)}"
    yield f"## Findings{name}"
    yield ""
    yield escape(tally(report)) + "."
    yield ""
    yield "| stage | outcome | examined |"
    yield "|---|---|---|"
    for stage in report.stages:
        told = "" if public else escape(examined(stage))
        yield f"| {escape(stage.stage)} | {stage.outcome.value} | {told} |"
    for gate in report.without_record:
        yield f"| {escape(gate)} | no record | not run, or it did not end |"


def _sections(report: FindingsReport) -> Iterator[list[str]]:
    last = ""
    for finding in report.findings:
        group = "waived" if finding.waived_by else label(finding.severity)
        if group != last:
            last = group
            yield _heading(group, waived=bool(finding.waived_by))
        yield [_row(finding)]


def _heading(group: str, *, waived: bool) -> list[str]:
    columns = "waived by" if waived else "next step"
    return [
        "",
        f"### {group[0].upper()}{group[1:]}",
        "",
        f"| package | what | where | due | {columns} |",
        "|---" * 5 + "|",
    ]


def _row(finding: Finding) -> str:
    what = f"{finding.message} ({identifiers(finding)})"
    due = "" if finding.waived_by else finding.due
    cells = (subject(finding), what, places(finding), due, finding.waived_by or finding.next_step)
    return "| " + " | ".join(map(escape, cells)) + " |"
