"""Findings as plain text for terminals and logs: grouped by severity, the most severe first, each with its next step.

GitHub Actions runs a log line as a command if it begins with `::` (after white space) or contains `##[`; neither
can come from the text of a finding.

Source: https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import UnsetType

from ops.supply_chain.contracts.files.findings_report import FindingsReport, FindingState
from ops.supply_chain.contracts.files.record import Record
from ops.supply_chain.contracts.values.finding import Finding, FindingRow
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.core.text import plural
from ops.supply_chain.risk.findings.render.rows import (
    anywhere,
    clean_text,
    coverage,
    group,
    label,
    open_and_waived,
    row_states,
    rows,
    score,
    since_sentence,
    stage_coverage,
    state_word,
    totals,
    where,
)

LOCATIONS_NAMED = 3
MOST_MESSAGES = 20
"""Messages that are shown under one subject with one next step; the JSON result has all of them."""

NARROWEST = 40
"""Columns; on a narrower terminal lines are as long as on this one."""

_NO_STATES: Mapping[Finding, FindingState] = {}
_COMMAND = re.compile(r":(?=:)|##(?=\[)")
_LEADING_COUNTS = frozenset({"locks", "locked", "examined", "findings", "waived", "feed_age_hours"})
"""Counts that the line shows first, or in another form: the age of a source is shown beside its name."""


def report_text(report: FindingsReport, *, width: int | None = None) -> str:
    """Return the whole report: each stage's outcome, all findings, the totals.

    Args:
        report: The findings.
        width: Columns of the terminal; None leaves each line as long as it is, for logs and pipes.
    """
    ends = ["", totals(report), *filter(None, [since_sentence(report)]), *_gone(report)]
    lines = [*_stages(report), *_blocks(report.findings, row_states(report)), *ends]
    return _finished(lines, width)


def stage_text(record: Record, *, text: str = "", details: Sequence[str] = (), width: int | None = None) -> str:
    """Return the result of one stage for people.

    Args:
        record: What the stage did and found.
        text: The stage's own document, for example a table of updates; empty for a stage whose result is its
            outcome, counts and findings.
        details: Further lines from the stage that the record does not have.
        width: As in `report_text`; applies to findings and notes.
    Returns:
        The document, or the outcome with the counts; then details, findings and notes.
    """
    head = [text.rstrip("\n")] if text else [f"{record.stage}: {record.outcome.value}", counts_line(record)]
    notes = [f"note: {clean_text(note)}" for note in (*record.notes, *excluded_lines(record))]
    found = [*_blocks(record.findings), *([""] if record.findings and notes else []), *notes]
    shown = [_safe(line) for part in filter(None, [*head, *details]) for line in part.split("\n")]
    return "\n".join(filter(None, ["\n".join(shown), _finished(found, width)]))


def excluded_lines(record: Record) -> list[str]:
    """Return one line for each entry of `[locks].exclude`, in the order of the configuration."""
    entries = () if isinstance(record.excluded, UnsetType) else record.excluded
    return [
        f"excluded by [locks].exclude: {entry.path} ({entry.reason or 'no reason given'}), "
        f"with {plural(len(entry.files), 'lock or declaration', 'locks or declarations')}"
        for entry in entries
    ]


def counts_line(record: Record) -> str:
    """Return one line of a record's counts, sources and findings; a count of zero is left out."""
    counts = record.counts
    others = [f"{key.replace('_', ' ')} {counts[key]}" for key in counts if counts[key] and key not in _LEADING_COUNTS]
    found = open_and_waived(record.findings) if record.findings else "no findings"
    return "; ".join(filter(None, [coverage(counts, record.feeds), ", ".join(others), found]))


def refusal_reason(stage: str, record: Record | None) -> str:
    """Return in one sentence why a stage refused: its most severe open finding, else its notes.

    Args:
        stage: The stage's name.
        record: What it left; None where it left nothing.
    """
    return _safe(f"{stage}: {_refusal(record)}")


def _refusal(record: Record | None) -> str:
    if record is None:
        return "no record"
    open_rows = [row for row in rows(record.findings) if not row.finding.waived_by]
    if open_rows:
        more = len(open_rows) - 1
        return open_rows[0].finding.message + (f", and {more} more" if more else "")
    if record.outcome is Outcome.NOT_EXAMINED:
        return "; ".join(map(clean_text, record.notes)) or "not everything was examined"
    return f"outcome {record.outcome.value}"


def _stages(report: FindingsReport) -> Iterator[str]:
    widest = max((len(stage.stage) for stage in report.stages), default=0)
    for stage in report.stages:
        yield f"{stage.stage:<{widest}}  {stage.outcome.value:<12}  {stage_coverage(stage)}".rstrip()
        yield from (f"  note: {note}" for note in stage.notes)
    for gate in report.without_record:
        yield f"{gate:<{widest}}  no record     it was not run or did not finish: nothing it checks was examined"


def _gone(report: FindingsReport) -> Iterator[str]:
    if isinstance(report.since, UnsetType):
        return
    yield from (f"  not compared: {clause}" for clause in report.since.not_compared)
    yield from (f"  gone: {_header(row)}" for row in rows(report.since.absent))


def _blocks(findings: Iterable[Finding], states: Mapping[Finding, FindingState] = _NO_STATES) -> Iterator[str]:
    """Yield all findings, under a heading for each group; one block for one subject with one next step."""
    groups: dict[str, dict[tuple[str, str], list[FindingRow]]] = {}
    for row in rows(findings):
        blocks = groups.setdefault("WAIVED" if row.finding.waived_by else group(row.finding).upper(), {})
        header = _header(row, state_word(states.get(anywhere(row.finding))))
        blocks.setdefault((header, row.finding.waived_by or row.finding.next_step), []).append(row)
    for heading, blocks in groups.items():
        yield from ("", heading)
        for (header, _), block in blocks.items():
            yield from _block(header, block)


def _header(row: FindingRow, state: str = "") -> str:
    finding = row.finding
    identifiers = ", ".join(name for name in row.identifiers if name != row.subject)
    severity = label(finding.severity) if finding.waived_by or group(finding) != label(finding.severity) else ""
    due = f"due {finding.due}" if finding.due and not finding.waived_by else ""
    seen = f"first seen {finding.first_seen}" if finding.first_seen else ""
    return "  ".join(
        filter(None, [row.subject, identifiers, severity, score(finding), due, seen, state and f"({state})"])
    )


def _block(header: str, block: Sequence[FindingRow]) -> Iterator[str]:
    yield f"  {header}"
    for row in block[:MOST_MESSAGES]:
        yield f"    what: {row.finding.message}"
        if row.locations:
            yield f"    where: {where(row, most=LOCATIONS_NAMED)}"
    if len(block) > MOST_MESSAGES:
        yield f"    and {len(block) - MOST_MESSAGES} more: all are in the JSON result"
    finding = block[0].finding
    if finding.waived_by:
        yield f"    waived by: {finding.waived_by}"
        return
    first, *further = finding.next_step.split("\n")
    yield f"    next: {first}"
    yield from (f"      {line}" for line in further)


def _finished(lines: Iterable[str], width: int | None) -> str:
    safe = map(_safe, lines)
    return "\n".join(safe if width is None else (_wrapped(line, max(width, NARROWEST)) for line in safe))


def _safe(line: str) -> str:
    return _COMMAND.sub(r"\g<0> ", line)


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
