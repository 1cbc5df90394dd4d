"""Findings as rows: sorted, safe to show, one row for findings that differ only in location.

Every form starts from these rows and from the phrases below, so that all forms use the same words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

import msgspec
from msgspec import UnsetType

from ops.supply_chain.contracts.files.findings_report import FindingsReport, FindingState, SinceEarlier, StageSummary
from ops.supply_chain.contracts.files.record import FeedRef
from ops.supply_chain.contracts.values.exploitation import Exploitation
from ops.supply_chain.contracts.values.finding import Finding, FindingRow, Severity, priority
from ops.supply_chain.core.moments import age_text
from ops.supply_chain.core.text import printable, without_credentials

_NAMED_COUNTS = ("locks", "locked", "examined")


def rows(findings: Iterable[Finding]) -> tuple[FindingRow, ...]:
    """Return one row for all findings that differ only in location.

    Args:
        findings: In any order; empty gives no row.
    Returns:
        Rows in the order of `order`: open before waived, the most severe first.
    """
    groups: dict[Finding, list[Finding]] = {}
    for finding in sorted(set(map(clean, findings)), key=order):
        groups.setdefault(anywhere(finding), []).append(finding)
    return tuple(_row(group) for group in groups.values())


def anywhere(finding: Finding) -> Finding:
    """Return the finding without its location: equal for all findings of one row."""
    return msgspec.structs.replace(finding, path="", line=0, also_at=(), places=1)


def row_states(report: FindingsReport) -> dict[Finding, FindingState]:
    """Return the state of each row since the earlier scan, by `anywhere` of its finding; empty where none was compared.

    A row of several findings is new, unchanged or not compared where all of them are, else updated.
    """
    if isinstance(report.since, UnsetType) or report.since.problem:
        return {}
    found: dict[Finding, set[FindingState]] = {}
    for finding, state in zip(report.findings, report.since.states, strict=True):
        found.setdefault(anywhere(clean(finding)), set()).add(state)
    return {key: states.pop() if len(states) == 1 else FindingState.UPDATED for key, states in found.items()}


def state_word(state: FindingState | None) -> str:
    """Return the word beside a finding: for what is new and what has changed; empty for the others."""
    return {FindingState.NEW: "new", FindingState.UPDATED: "updated"}.get(state or FindingState.UNCHANGED, "")


def since_sentence(report: FindingsReport) -> str:
    """Return how many findings are new since the earlier scan, as a sentence without a full stop; empty for no scan."""
    since = report.since
    if isinstance(since, UnsetType):
        return ""
    if since.problem:
        return f"not compared with an earlier scan: {since.problem}"
    counts = since.counts
    parts = [f"{counts[state]} {word}" for state, word in _STATES.items()]
    parts += [f"{count} {word}" for count, word in _uncertain(since) if count]
    left = len(since.not_compared)
    gaps = f"; {left} stage{'s' * (left > 1)} not compared in full" if left else ""
    return f"since the scan of {since.started}: {', '.join(parts)}{gaps}"


_STATES = {
    FindingState.NEW: "new",
    FindingState.UPDATED: "updated",
    FindingState.UNCHANGED: "unchanged",
    FindingState.ABSENT: "gone",
}


def _uncertain(since: SinceEarlier) -> tuple[tuple[int, str], ...]:
    return (
        (since.counts[FindingState.NOT_COMPARED], "not compared"),
        (since.unconfirmed, "gone or not examined"),
    )


def row_of(finding: Finding) -> FindingRow:
    """Return the row of one finding."""
    return _row([clean(finding)])


def order(finding: Finding) -> tuple[object, ...]:
    """Return the sort key of findings: open first, then exploited, severity, due date, package and location."""
    _, line, package, version, code, message = finding.sort_key
    location = (package, line, version, finding.path, code, message)
    urgency = priority(finding.severity, finding.due, finding.exploitation)
    return (bool(finding.waived_by), urgency, location, repr(finding))


def clean(finding: Finding) -> Finding:
    """Return the finding without control characters and credentials; a next step keeps its lines."""
    changes = {field: clean_text(getattr(finding, field)) for field in _TEXTS}
    lists = {field: tuple(map(clean_text, getattr(finding, field))) for field in ("aliases", "also_at")}
    # A private key has several lines: it is masked before they are separated.
    next_step = "\n".join(map(clean_text, without_credentials(finding.next_step).split("\n")))
    return msgspec.structs.replace(finding, next_step=next_step, **changes, **lists)


_TEXTS = ("code", "message", "package", "version", "path", "waived_by", "due", "first_seen")


@lru_cache(maxsize=4096)
def clean_text(text: str) -> str:
    """Return text on one line, without control characters and credentials."""
    return printable(without_credentials(text))


def group(finding: Finding) -> str:
    """Return the heading under which an open finding is listed: exploited, likely to be, else its severity.

    In the order of `order`, findings of one group follow each other.
    """
    known = finding.exploitation
    if isinstance(known, Exploitation) and known.is_exploited:
        return "exploited"
    if isinstance(known, Exploitation) and known.is_likely:
        return "likely to be exploited"
    return label(finding.severity)


def score(finding: Finding) -> str:
    """Return the EPSS score of a finding in words; empty where it has none."""
    return finding.exploitation.score if isinstance(finding.exploitation, Exploitation) else ""


def label(severity: Severity) -> str:
    """Return a severity in words; `unknown` names the severity that it counts as."""
    return "unknown (counts as high)" if severity is Severity.UNKNOWN else severity.value


def where(row: FindingRow, *, most: int | None = None) -> str:
    """Return where a finding is, with "and N more places" for the locations that are not named.

    Args:
        row: Any.
        most: How many locations to name; None for all that are known.
    """
    named = row.locations[:most]
    left = row.places - len(named)
    more = f" and {left} more place{'s' * (left > 1)}" if left > 0 and named else ""
    return ", ".join(named) + more


def coverage(counts: Mapping[str, int], feeds: Iterable[FeedRef]) -> str:
    """Return how much a stage examined, and each feed with its age."""
    named = [f"{counts[key]} {_unit(key, counts[key])}" for key in _NAMED_COUNTS if key in counts]
    return "; ".join(filter(None, [", ".join(named), *map(_feed, feeds)]))


def stage_coverage(stage: StageSummary) -> str:
    """Return `coverage` of one stage of a report."""
    return coverage(stage.counts, stage.feeds)


def open_and_waived(findings: Iterable[Finding]) -> str:
    """Return how many findings are open and how many are waived, for example "1 open, 2 waived"."""
    waived = [bool(finding.waived_by) for finding in findings]
    return f"{waived.count(False)} open, {waived.count(True)} waived"


def totals(report: FindingsReport) -> str:
    """Return one sentence: how many findings are open, by severity, and how many are waived."""
    by_severity = [f"{count} {severity}" for severity, count in report.standing.items() if count]
    number = sum(report.standing.values())
    is_open = f"{number} open ({', '.join(by_severity)})" if by_severity else "0 open"
    return f"findings: {len(report.findings)}, from records: {len(report.stages)}; {is_open}, {report.waived} waived"


def _row(group: list[Finding]) -> FindingRow:
    finding = group[0]
    locations = dict.fromkeys(location for alike in group for location in _locations(alike))
    return FindingRow(
        finding=finding,
        subject=f"{finding.package} {finding.version}".strip() or finding.code,
        identifiers=tuple(dict.fromkeys((*finding.aliases, finding.code))),
        locations=tuple(locations),
        places=max(sum(map(_places, group)), len(locations)),
        merged=len(group),
    )


def _locations(finding: Finding) -> list[str]:
    first = f"{finding.path}:{finding.line}" if finding.line and finding.path else finding.path
    return [location for location in (first, *finding.also_at) if location]


def _places(finding: Finding) -> int:
    known = len(_locations(finding))
    return max(finding.places, known) if known else 0


def _unit(key: str, count: int) -> str:
    return "lock" if key == "locks" and count == 1 else key


def _feed(feed: FeedRef) -> str:
    age = "" if feed.age_seconds is None else f", {age_text(feed.age_seconds)} old"
    return f"{feed.name}{age}"
