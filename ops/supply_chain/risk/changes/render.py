"""A review of a change for people: the verdict first, then what it brings, then what it does to the packages.

A busy reader gets at most a screen: lists end after a few rows with the number of those left out, and the file that
has them. The Markdown is a job's summary, shown beside the pull request; what others wrote cannot become markup in it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from ops.supply_chain.contracts.files.change_review import ChangedPackage, ChangeReview
from ops.supply_chain.contracts.files.findings_report import FindingsReport
from ops.supply_chain.contracts.values.finding import WORST_FIRST, Finding, FindingRow
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.core.text import plural
from ops.supply_chain.formats.cause_lines import advisory_links, link_text
from ops.supply_chain.formats.markdown import bullets, heading, table, text
from ops.supply_chain.risk.findings.render.rows import clean_text, label, open_and_waived, rows, where

MOST_FINDINGS = 8
MOST_NAMED = 3
MOST_CHARACTERS = 160
"""Of a message on the first screen."""

WAIVED = "waived"
UNEXAMINED = "not examined"
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
    listed = review.packages if whole else _listed(review)
    packages = len(listed) if whole else MOST_PACKAGES
    blocks = [f"## {text(headline(review))}", f"{text(_compared(review))}."]
    blocks += _new_table(review, files, whole=whole)
    blocks.append(f"**{text(_package_counts(review))}**")
    if listed:
        blocks.append(bullets(text(change.text) for change in listed[:packages]))
        blocks += map(text, _more(len(listed), packages, files))
    if whole:
        blocks += [
            f"{heading(3, title)}\n\n{_whole_table(review, findings)}"
            for title, findings in (("Already there", review.existing), ("Fixed", review.fixed))
            if findings
        ]
    rest = [*([] if whole else _summaries(review)), *review.notes]
    if rest:
        blocks.append(bullets(text(clean_text(line)) for line in rest))
    return "\n\n".join(blocks) + "\n"


def _new_table(review: ChangeReview, files: str, *, whole: bool) -> list[str]:
    if not review.new:
        return []
    if whole:
        return [_whole_table(review, review.new)]
    causes = _causes(review, review.new)
    shown = table(_COLUMNS, map(_table_row, causes[:MOST_FINDINGS]))
    return [shown, *map(text, _more(len(causes), MOST_FINDINGS, files))]


def _whole_table(review: ChangeReview, findings: Iterable[Finding]) -> str:
    return table(_COLUMNS, [_whole_row(review, row) for row in rows(findings)])


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
    causes = _causes(review, review.new)
    for cause in causes[:MOST_FINDINGS]:
        place = cause.place and f"at {cause.place}"
        yield "  " + "  ".join(filter(None, [cause.severity.upper(), cause.subject, cause.named, place]))
        yield f"    {cause.what}"
        yield f"    next: {cause.step}"
    yield from (f"  {more}" for more in _more(len(causes), MOST_FINDINGS, files))


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


class _Cause(NamedTuple):
    """Findings of one package that one step ends, the worst first, as cells of a row."""

    severity: str
    subject: str
    names: tuple[str, ...]
    more_names: int
    place: str
    what: str
    step: str

    @property
    def more(self) -> str:
        """How many names are not listed, as a clause; empty where all are."""
        return f" and {self.more_names} more" if self.more_names else ""

    @property
    def named(self) -> str:
        """The names as text."""
        return f"{', '.join(self.names)}{self.more}"


def _causes(review: ChangeReview, findings: Iterable[Finding]) -> list[_Cause]:
    """Return the causes of findings in the order of their worst one."""
    groups: dict[tuple[str, str, str], list[FindingRow]] = {}
    for row in rows(findings):
        step = clean_text(row.finding.waived_by or row.finding.next_step)
        groups.setdefault((_severity_group(review, row.finding), row.subject, step), []).append(row)
    return [_cause(review, group, step) for (_, _, step), group in groups.items()]


def _cause(review: ChangeReview, group: Sequence[FindingRow], step: str) -> _Cause:
    first = group[0]
    names = [row.identifiers[0] for row in group if row.identifiers[0] != first.subject]
    named = names if len(names) > 1 else [name for name in first.identifiers if name != first.subject]
    left = max(0, len(names) - MOST_NAMED)
    message = clean_text(first.finding.message)
    shown = message if len(message) <= MOST_CHARACTERS else f"{message[: MOST_CHARACTERS - 1].rstrip()}…"
    what = shown if len(group) == 1 else f"{len(group)} findings, the first: {shown}"
    return _Cause(
        _severity(review, first.finding),
        first.subject,
        tuple(named[: len(named) - left]),
        left,
        where(first, most=1),
        what,
        step,
    )


def _severity_group(review: ChangeReview, finding: Finding) -> str:
    """Return what findings of one cause have in common: all open ones of one package belong together."""
    severity = _severity(review, finding)
    return severity if severity in (WAIVED, UNEXAMINED) else ""


def _more(count: int, most: int, files: str) -> list[str]:
    return [f"and {count - most} more: see {files}"] if count > most else []


def _severity(review: ChangeReview, finding: Finding) -> str:
    if finding.waived_by:
        return WAIVED
    alike = {row.finding for row in rows(review.unexamined)}
    return UNEXAMINED if finding in alike else label(finding.severity)


def _table_row(cause: _Cause) -> tuple[str, ...]:
    names = f" ({', '.join(map(link_text, advisory_links(cause.names)))}{cause.more})" if cause.names else ""
    what = f"{text(cause.what)}{names}"
    return (text(cause.severity), text(cause.subject), what, text(cause.place), text(cause.step))


def _whole_row(review: ChangeReview, row: FindingRow) -> tuple[str, ...]:
    finding = row.finding
    what = f"{text(finding.message)} ({', '.join(map(link_text, advisory_links(row.identifiers)))})"
    last = clean_text(finding.waived_by or finding.next_step)
    place = text(where(row, most=MOST_NAMED))
    return (text(_severity(review, finding)), text(row.subject), what, place, text(last))
