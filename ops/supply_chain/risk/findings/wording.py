"""What is said of a finding in every form that people read."""

from __future__ import annotations

from ops.supply_chain.contracts.files.findings_report import FindingsReport, StageSummary
from ops.supply_chain.contracts.files.record import FeedRef
from ops.supply_chain.contracts.values.finding import Finding, Severity

SECONDS_PER_HOUR = 3600
HOURS_PER_DAY = 24


def label(severity: Severity) -> str:
    """Return a severity in words; what has none says what it counts as."""
    return "unknown (counts as high)" if severity is Severity.UNKNOWN else severity.value


def subject(finding: Finding) -> str:
    """Return the package and version, or the code where a finding is about none."""
    return f"{finding.package} {finding.version}".strip() or finding.code


def identifiers(finding: Finding) -> str:
    """Return the code and all names of the vulnerability."""
    return ", ".join((*finding.aliases, finding.code))


def places(finding: Finding, *, most: int | None = None) -> str:
    """Return where a finding stands.

    Args:
        finding: Any.
        most: How many places to name; None for all that it knows.
    """
    first = f"{finding.path}:{finding.line}" if finding.line else finding.path
    known = [place for place in (first, *finding.also_at) if place]
    shown = known[:most]
    left = max(finding.places, len(known)) - len(shown) if known else 0
    more = f" and {left} more" if left > 0 else ""
    return ", ".join(shown) + more


def examined(stage: StageSummary) -> str:
    """Return how much a stage looked at and what it asked: its counts, and each feed with its age."""
    counts = [f"{stage.counts[key]} {key}" for key in ("locks", "locked", "examined") if key in stage.counts]
    return "; ".join(filter(None, [", ".join(counts), *map(_feed, stage.feeds)]))


def tally(report: FindingsReport) -> str:
    """Return one sentence: how many stand, by severity, and how many are waived."""
    told = [f"{count} {severity}" for severity, count in report.standing.items() if count]
    total = sum(report.standing.values())
    stand = f"{total} standing ({', '.join(told)})" if told else "0 standing"
    return f"findings: {len(report.findings)}, from records: {len(report.stages)}; {stand}, {report.waived} waived"


def _feed(feed: FeedRef) -> str:
    age = "" if feed.age_seconds is None else f", {_age(feed.age_seconds)} old"
    return f"{feed.name}{age}"


def _age(seconds: int) -> str:
    hours = seconds // SECONDS_PER_HOUR
    return f"{hours // HOURS_PER_DAY} days" if hours >= 2 * HOURS_PER_DAY else f"{hours} hours"
