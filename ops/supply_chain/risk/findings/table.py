"""Findings on a terminal and in a log: grouped by severity, worst first, each with what to do next.

GitHub runs a log line as a command where it begins with `::`, or holds `##[` anywhere; neither can come
out of a name.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator

from ops.supply_chain.contracts.files.findings_report import FindingsReport
from ops.supply_chain.contracts.values.finding import Finding
from ops.supply_chain.risk.findings.wording import examined, identifiers, label, places, subject, tally

PLACES_SHOWN = 3
NARROWEST = 40
"""Columns; on a narrower terminal lines are as long as on this one."""

_COMMAND = re.compile(r":(?=:)|##(?=\[)")


def table(report: FindingsReport, *, width: int | None = None) -> str:
    """Return the text.

    Args:
        report: The findings.
        width: Columns of the terminal; None leaves each line as long as it is, for logs and pipes.
    """
    lines = [*_stages(report), *_groups(report), "", tally(report)]
    safe = [_COMMAND.sub(r"\g<0> ", line) for line in lines]
    if width is None:
        return "\n".join(safe)
    return "\n".join(_wrapped(line, max(width, NARROWEST)) for line in safe)


def _stages(report: FindingsReport) -> Iterator[str]:
    widest = max((len(stage.stage) for stage in report.stages), default=0)
    for stage in report.stages:
        yield f"{stage.stage:<{widest}}  {stage.outcome.value:<12}  {examined(stage)}".rstrip()
        yield from (f"  note: {note}" for note in stage.notes)
    for gate in report.without_record:
        yield f"{gate:<{widest}}  no record    it was not run, or did not end: nothing is known of what it looks at"


def _groups(report: FindingsReport) -> Iterator[str]:
    last = ""
    for finding in report.findings:
        group = "WAIVED" if finding.waived_by else label(finding.severity).upper()
        if group != last:
            last = group
            yield from ("", group)
        yield from _finding(finding)


def _finding(finding: Finding) -> Iterator[str]:
    due = f"  due {finding.due}" if finding.due and not finding.waived_by else ""
    severity = f"  {label(finding.severity)}" if finding.waived_by else ""
    yield f"  {subject(finding)}  {identifiers(finding)}{severity}{due}"
    yield f"    what: {finding.message}"
    if finding.path or finding.also_at:
        yield f"    where: {places(finding, most=PLACES_SHOWN)}"
    if finding.waived_by:
        yield f"    waived by: {finding.waived_by}"
    else:
        yield f"    next: {finding.next_step}"


def _wrapped(line: str, width: int) -> str:
    indent = " " * (len(line) - len(line.lstrip()) + 2)
    return (
        textwrap.fill(
            line,
            width,
            initial_indent="",
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
            drop_whitespace=True,
            replace_whitespace=False,
        )
        or line
    )
