"""Results of static analyses of the commit under release, as findings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.core.text import plural, printable
from ops.supply_chain.formats.sarif import SarifReport

RESULT, UNEXAMINED = "code.result", "code.unexamined"
MOST_FINDINGS = 200
"""Results of one file that have a finding each, the most severe first; the others are counted in one more."""

_AGAIN = "Run the analysis on the commit under release, and give its SARIF file."


class Unreadable(NamedTuple):
    """A file that is no SARIF, and why."""

    problem: str


def analysis_findings(reports: Mapping[str, SarifReport | Unreadable], commit: str) -> tuple[Finding, ...]:
    """Return the findings of each file; one that is no complete analysis of the commit is not examined.

    Args:
        reports: Name of the file -> what was read.
        commit: The full commit hash; empty for a project that is not under git.
    """
    return tuple(finding for name in sorted(reports) for finding in _of_file(name, reports[name], commit))


def _of_file(name: str, report: SarifReport | Unreadable, commit: str) -> Iterator[Finding]:
    problems = [report.problem] if isinstance(report, Unreadable) else [*_other(report, commit), *report.incomplete]
    if problems:
        more = f" (and {plural(len(problems) - 1, 'more problem')})" if len(problems) > 1 else ""
        yield Finding(
            code=UNEXAMINED,
            severity=Severity.MEDIUM,
            message=printable(f"{name}: is no analysis of this commit: {problems[0]}{more}"),
            next_step=_AGAIN,
        )
    if not isinstance(report, Unreadable):
        yield from _results(name, report)


def _other(report: SarifReport, commit: str) -> Iterator[str]:
    for stated in report.commits:
        if not stated:
            yield "a run names no commit (versionControlProvenance)"
        elif stated.lower() != commit.lower():
            yield f"a run is about the commit {stated[:12]}"


def _results(name: str, report: SarifReport) -> Iterator[Finding]:
    order = [Severity.CRITICAL, Severity.HIGH, Severity.UNKNOWN, Severity.MEDIUM, Severity.LOW, Severity.INFO]
    rows = sorted(
        ((Severity.INFO if result.suppressed else result.severity, result) for result in report.results),
        key=lambda row: (order.index(row[0]), row[1]),
    )
    for severity, result in rows[:MOST_FINDINGS]:
        about = f"{result.rule}: {result.message}" if result.message else result.rule
        yield Finding(
            code=RESULT,
            severity=severity,
            message=printable(f"suppressed: {about}" if result.suppressed else about),
            next_step="Check that the suppression still applies."
            if result.suppressed
            else "Correct it, or suppress it in the source with a reason, and run the analysis again.",
            path=result.path,
            line=result.line,
        )
    rest = rows[MOST_FINDINGS:]
    if rest:
        yield Finding(
            code=RESULT,
            severity=rest[0][0],
            message=printable(f"{name}: {plural(len(rest), 'more result')}"),
            next_step="Correct them, and run the analysis again.",
        )
