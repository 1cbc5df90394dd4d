"""From the findings of the records to what we state of each vulnerability.

| finding | stated as |
|---|---|
| waived, with a VEX justification | not_affected, that justification, the reason |
| waived, without one | affected: accepted until when, and why |
| suppressed by somebody's VEX | what that VEX states, and whose it is |
| standing, known | affected: the next step |
| standing, undecided | under_investigation |

Findings of one package and version that share a name are one vulnerability; where one of them stands, it
stands. A finding of severity info is no open vulnerability.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.contracts.values.vex import (
    Acceptance,
    Applied,
    Assessment,
    Judged,
    Justification,
    VexStatus,
    read_waived_label,
)
from ops.supply_chain.core.names import normalise
from ops.supply_chain.core.text import printable, without_credentials
from ops.supply_chain.risk.vex.vocabulary import preference

SCOPE, KNOWN = "vulnerability.", "vulnerability.known"
_ORDER = (Severity.CRITICAL, Severity.HIGH, Severity.UNKNOWN, Severity.MEDIUM, Severity.LOW, Severity.INFO)


def is_open(finding: Finding) -> bool:
    """Tell whether a finding is a vulnerability of a package that has to be stated, waived or not."""
    named = bool(finding.aliases and finding.package and finding.version)
    return named and finding.code.startswith(SCOPE) and finding.severity is not Severity.INFO


def assess(judged: Iterable[Judged]) -> tuple[Assessment, ...]:
    """State every open vulnerability once.

    Args:
        judged: Findings of the records with their live waivers, any order; others than open
            vulnerabilities are passed over.
    Returns:
        Sorted by package, version and name.
    """
    pins: dict[tuple[str, str], list[Judged]] = {}
    for one in judged:
        if is_open(one.finding):
            pins.setdefault((normalise(one.finding.package), one.finding.version), []).append(one)
    found = [
        _assessment(package, version, group) for (package, version), ones in pins.items() for group in _joined(ones)
    ]
    return tuple(sorted(found, key=lambda one: (one.package, one.version, one.name)))


def _joined(ones: Sequence[Judged]) -> list[list[Judged]]:
    groups: list[tuple[set[str], list[Judged]]] = []
    for one in ones:
        names = {alias.upper() for alias in one.finding.aliases}
        touching = [group for group in groups if not names.isdisjoint(group[0])]
        merged = (
            names.union(*(group[0] for group in touching)),
            [*(old for group in touching for old in group[1]), one],
        )
        groups = [group for group in groups if group not in touching] + [merged]
    return [members for _, members in groups]


def _assessment(package: str, version: str, group: Sequence[Judged]) -> Assessment:
    names = {printable(alias) for one in group for alias in one.finding.aliases}
    name, *aliases = sorted(names, key=preference)
    decisive = min(group, key=_weight)
    status, justification, detail, since = _said(decisive)
    return Assessment(
        package=package,
        version=version,
        name=name,
        aliases=tuple(sorted(aliases)),
        status=status,
        detail=without_credentials(printable(detail)),
        severity=min((one.finding.severity for one in group), key=_ORDER.index),
        justification=justification,
        since=since,
    )


def _weight(one: Judged) -> tuple[int, str, str]:
    """Order findings of one vulnerability: standing and known first, then standing, then waived."""
    if _standing(one):
        rank = 0 if one.finding.code == KNOWN else 1
    else:
        rank = 2 if _said(one)[0] is VexStatus.AFFECTED else 3
    return (rank, one.finding.code, one.finding.next_step)


def _standing(one: Judged) -> bool:
    return one.acceptance is None and read_waived_label(one.finding.waived_by) is None


def _said(one: Judged) -> tuple[VexStatus, Justification | None, str, datetime | None]:
    applied = read_waived_label(one.finding.waived_by)
    if one.acceptance is not None:
        return _accepted(one.acceptance)
    if applied is not None:
        return _stated_by(applied, one.finding)
    decided = one.finding.code == KNOWN and one.finding.severity is not Severity.UNKNOWN
    status = VexStatus.AFFECTED if decided else VexStatus.UNDER_INVESTIGATION
    return status, None, one.finding.next_step, None


def _accepted(acceptance: Acceptance) -> tuple[VexStatus, Justification | None, str, datetime | None]:
    if acceptance.justification in set(Justification):
        why = Justification(acceptance.justification)
        return VexStatus.NOT_AFFECTED, why, acceptance.reason, acceptance.since
    detail = f"Accepted until {acceptance.until.isoformat()}: {acceptance.reason}"
    return VexStatus.AFFECTED, None, detail, acceptance.since


def _stated_by(applied: Applied, finding: Finding) -> tuple[VexStatus, Justification | None, str, datetime | None]:
    if applied.status is VexStatus.NOT_AFFECTED and applied.justification is None:
        return VexStatus.AFFECTED, None, finding.next_step, None
    return applied.status, applied.justification, f"As stated by {applied.document}.", None
