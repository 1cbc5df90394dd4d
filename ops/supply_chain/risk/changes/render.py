"""A review of a change for people: the verdict first, then what it brings, then what it does to the packages.

A busy reader gets at most a screen: lists end after a few rows with the number of those left out, and the file that
has them. The Markdown is a job's summary, shown beside the pull request; what others wrote cannot become markup in it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from ops.supply_chain.contracts.files.change_review import ChangedPackage, ChangeReview
from ops.supply_chain.contracts.files.findings_report import FindingsReport
from ops.supply_chain.contracts.values.finding import WORST_FIRST, Finding
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.core.text import plural
from ops.supply_chain.formats.markdown import bullets, heading, table, text
from ops.supply_chain.risk.findings.render.rows import clean_text, label, open_and_waived, rows, where

MOST_FINDINGS = 8
MOST_NAMED = 3
MOST_PACKAGES = 10
SHORT_HASH = 12

_VERDICTS = {
    Outcome.PASS: "pass",
    Outcome.FAIL: "denied",
    Outcome.NOT_EXAMINED: "not examined",
}
_COLUMNS = ("severity", "package", "what", "where", "next step")
_QUIET = ("hash-added", "edges-changed")
"""Kinds of change that are counted and not listed: they are the rule in every update."""


def review_text(review: ChangeReview, *, files: str) -> str:
    """Return the review for a terminal.

    Args:
        review: The review.
        files: Where all of it is.
    """
    return "\n".join([headline(review), *_findings(review, files), *_packages(review, files), *_notes(review)])


def review_markdown(review: ChangeReview, *, files: str = "", whole: bool = False) -> str:
    """Return the review as Markdown.

    Args:
        review: The review.
        files: Where all of it is, for a part that is left out.
        whole: True leaves out nothing; False gives a job's summary.
    """
    fresh, listed = _unique(review.new), review.packages if whole else _listed(review)
    findings, packages = (len(fresh), len(listed)) if whole else (MOST_FINDINGS, MOST_PACKAGES)
    blocks = [f"## {text(headline(review))}", f"{text(_compared(review))}."]
    if fresh:
        blocks.append(table(_COLUMNS, (_table_row(review, finding) for finding in fresh[:findings])))
        blocks += map(text, _more(len(fresh), findings, files))
    blocks.append(f"**{text(_package_counts(review))}**")
    if listed:
        blocks.append(bullets(text(change.text) for change in listed[:packages]))
        blocks += map(text, _more(len(listed), packages, files))
    if whole:
        blocks += [
            f"{heading(3, title)}\n\n{table(_COLUMNS, [_table_row(review, finding) for finding in _unique(findings)])}"
            for title, findings in (("Already there", review.existing), ("Fixed", review.fixed))
            if findings
        ]
    rest = [*([] if whole else _summaries(review)), *review.notes]
    if rest:
        blocks.append(bullets(text(clean_text(line)) for line in rest))
    return "\n\n".join(blocks) + "\n"


def counts_markdown(review: ChangeReview) -> str:
    """Return what a public log may show: the outcome, and counts."""
    counts = ", ".join(f"{key} {value}" for key, value in sorted(review.counts.items()))
    return f"## Change: {_VERDICTS[review.outcome]}\n\n{text(counts)}\n"


def findings_report(review: ChangeReview) -> FindingsReport:
    """Return the findings that are there after the change as a report, for SARIF."""
    every = (*review.new, *review.existing)
    open_by_severity = Counter(finding.severity for finding in every if not finding.waived_by)
    return FindingsReport(
        schema="findings/1",
        component=review.component,
        version=review.commits.head,
        stages=(),
        without_record=(),
        standing={severity.value: open_by_severity[severity] for severity in WORST_FIRST},
        waived=sum(bool(finding.waived_by) for finding in every),
        findings=every,
    )


def headline(review: ChangeReview) -> str:
    """Return the verdict in one sentence."""
    unexamined = set(review.unexamined)
    fresh = [finding for finding in review.new if not finding.waived_by and finding not in unexamined]
    severities = Counter(label(finding.severity) for finding in fresh)
    named = ", ".join(f"{count} {severity}" for severity, count in severities.items())
    brought = [f"{plural(len(fresh), 'new finding')} ({named})" if fresh else "no new finding"]
    brought += [f"{len(unexamined)} not examined"] * bool(unexamined)
    there = f"{len(review.existing)} already there, {len(review.fixed)} fixed"
    return f"Change: {_VERDICTS[review.outcome]}: {', '.join(brought)}; {there}"


def _compared(review: ChangeReview) -> str:
    commits = review.commits
    head, base, policy = (commit[:SHORT_HASH] for commit in (commits.head, commits.base, commits.policy))
    decided = f"; configuration of {policy}" if policy != base else ", whose configuration decided"
    return f"{head} compared with {base} ({clean_text(commits.branch)}){decided}"


def _findings(review: ChangeReview, files: str) -> Iterator[str]:
    yield _compared(review)
    fresh = _unique(review.new)
    for finding in fresh[:MOST_FINDINGS]:
        [row] = rows([finding])
        severity = _severity(review, finding)
        names = ", ".join(name for name in row.identifiers if name != row.subject)
        place = where(row, most=1)
        yield "  " + "  ".join(filter(None, [severity.upper(), row.subject, names, place and f"at {place}"]))
        yield f"    {clean_text(finding.message)}"
        yield f"    next: {clean_text(finding.waived_by or finding.next_step)}"
    yield from (f"  {more}" for more in _more(len(fresh), MOST_FINDINGS, files))


def _packages(review: ChangeReview, files: str) -> Iterator[str]:
    yield _package_counts(review)
    listed = _listed(review)
    yield from (f"  {clean_text(change.text)}" for change in listed[:MOST_PACKAGES])
    yield from (f"  {more}" for more in _more(len(listed), MOST_PACKAGES, files))


def _notes(review: ChangeReview) -> Iterator[str]:
    yield from map(clean_text, _summaries(review))
    yield from (f"note: {clean_text(note)}" for note in review.notes)


def _summaries(review: ChangeReview) -> Iterator[str]:
    for title, findings in (("already there", review.existing), ("fixed", review.fixed)):
        if findings:
            named = list(dict.fromkeys(_name(finding) for finding in findings))
            left = f" and {len(named) - MOST_NAMED} more" if len(named) > MOST_NAMED else ""
            yield f"{title}: {', '.join(named[:MOST_NAMED])}{left} ({open_and_waived(findings)})"


def _name(finding: Finding) -> str:
    identifier = finding.aliases[0] if finding.aliases else finding.code
    return f"{finding.package} {finding.version} {identifier}".strip() if finding.package else identifier


def _package_counts(review: ChangeReview) -> str:
    counts = Counter(change.kind for change in review.packages)
    return "packages: " + (", ".join(f"{count} {kind}" for kind, count in counts.items()) or "no difference")


def _listed(review: ChangeReview) -> Sequence[ChangedPackage]:
    return [change for change in review.packages if change.kind not in _QUIET]


def _unique(findings: Iterable[Finding]) -> list[Finding]:
    """Return one finding for those that differ only in place."""
    return [row.finding for row in rows(findings)]


def _more(count: int, most: int, files: str) -> list[str]:
    return [f"and {count - most} more: see {files}"] if count > most else []


def _severity(review: ChangeReview, finding: Finding) -> str:
    if finding.waived_by:
        return "waived"
    alike = {row.finding for row in rows(review.unexamined)}
    return "not examined" if finding in alike else label(finding.severity)


def _table_row(review: ChangeReview, finding: Finding) -> tuple[str, ...]:
    [row] = rows([finding])
    severity = _severity(review, finding)
    what = f"{finding.message} ({', '.join(row.identifiers)})"
    last = clean_text(finding.waived_by or finding.next_step)
    return tuple(map(text, (severity, row.subject, what, where(row, most=MOST_NAMED), last)))
