"""Assess every open vulnerability in the records for the VEX of the release.

| finding | VEX status |
|---|---|
| waived, with a VEX justification | not_affected, that justification, the reason |
| waived, without one | affected: accepted until the expiry date, and the reason |
| suppressed by a supplier's VEX | the status in that VEX, its document and its author |
| open, known | affected: the next step |
| open, undecided | under_investigation |

Findings of one package and version that share a name are one vulnerability; if one of them is open, it is open. A
finding of severity info is not an open vulnerability.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from ops.supply_chain.contracts.values.finding import WORST_FIRST, Finding, Severity
from ops.supply_chain.contracts.values.vex import (
    Acceptance,
    AppliedVex,
    Assessment,
    Justification,
    VexFinding,
    VexStatus,
    read_waived_label,
)
from ops.supply_chain.core.names import normalise
from ops.supply_chain.core.text import printable, without_credentials
from ops.supply_chain.risk.vex.vocabulary import preference

SCOPE, KNOWN = "vulnerability.", "vulnerability.known"


def needs_assessment(finding: Finding) -> bool:
    """Return True for a vulnerability of a package that the VEX must include, waived or not."""
    named = bool(finding.aliases and finding.package and finding.version)
    return named and finding.code.startswith(SCOPE) and finding.severity is not Severity.INFO


def assess(findings: Iterable[VexFinding]) -> tuple[Assessment, ...]:
    """Assess every open vulnerability once.

    Args:
        findings: Findings of the records with their live waivers, in any order; other findings are ignored.
    Returns:
        Sorted by package, version and name.
    """
    pins: dict[tuple[str, str], list[VexFinding]] = {}
    for item in findings:
        if needs_assessment(item.finding):
            pins.setdefault((normalise(item.finding.package), item.finding.version), []).append(item)
    assessments = [
        _assessment(package, version, group) for (package, version), items in pins.items() for group in _grouped(items)
    ]
    return tuple(sorted(assessments, key=lambda found: (found.package, found.version, found.name)))


def _grouped(items: Sequence[VexFinding]) -> list[list[VexFinding]]:
    groups: list[tuple[set[str], list[VexFinding]]] = []
    for item in items:
        names = {alias.upper() for alias in item.finding.aliases}
        touching = [group for group in groups if not names.isdisjoint(group[0])]
        merged = (
            names.union(*(group[0] for group in touching)),
            [*(old for group in touching for old in group[1]), item],
        )
        groups = [group for group in groups if group not in touching] + [merged]
    return [members for _, members in groups]


def _assessment(package: str, version: str, group: Sequence[VexFinding]) -> Assessment:
    names = {printable(alias) for item in group for alias in item.finding.aliases}
    name, *aliases = sorted(names, key=preference)
    decisive = min(group, key=_weight)
    status, justification, detail, since = _statement(decisive)
    return Assessment(
        package=package,
        version=version,
        name=name,
        aliases=tuple(sorted(aliases)),
        status=status,
        detail=without_credentials(printable(detail)),
        severity=min((item.finding.severity for item in group), key=WORST_FIRST.index),
        justification=justification,
        since=since,
    )


def _weight(item: VexFinding) -> tuple[int, str, str]:
    """Return the sort key of findings of one vulnerability: open and known first, then open, then waived."""
    if _is_open(item):
        rank = 0 if item.finding.code == KNOWN else 1
    else:
        rank = 2 if _statement(item)[0] is VexStatus.AFFECTED else 3
    return (rank, item.finding.code, item.finding.next_step)


def _is_open(item: VexFinding) -> bool:
    return item.acceptance is None and read_waived_label(item.finding.waived_by) is None


def _statement(item: VexFinding) -> tuple[VexStatus, Justification | None, str, datetime | None]:
    applied = read_waived_label(item.finding.waived_by)
    if item.acceptance is not None:
        return _accepted(item.acceptance)
    if applied is not None:
        return _stated_by(applied, item.finding)
    decided = item.finding.code == KNOWN and item.finding.severity is not Severity.UNKNOWN
    status = VexStatus.AFFECTED if decided else VexStatus.UNDER_INVESTIGATION
    return status, None, item.finding.next_step, None


def _accepted(acceptance: Acceptance) -> tuple[VexStatus, Justification | None, str, datetime | None]:
    if acceptance.justification in set(Justification):
        why = Justification(acceptance.justification)
        return VexStatus.NOT_AFFECTED, why, acceptance.reason, acceptance.since
    detail = f"Accepted until {acceptance.until.isoformat()}: {acceptance.reason}"
    return VexStatus.AFFECTED, None, detail, acceptance.since


def _stated_by(applied: AppliedVex, finding: Finding) -> tuple[VexStatus, Justification | None, str, datetime | None]:
    if applied.status is VexStatus.NOT_AFFECTED and applied.justification is None:
        return VexStatus.AFFECTED, None, finding.next_step, None
    where = f"in {applied.document} by {applied.by}" if applied.by else f"by {applied.document}"
    return applied.status, applied.justification, f"As stated {where}.", None
