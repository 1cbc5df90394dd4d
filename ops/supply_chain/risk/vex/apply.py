"""Applying other people's VEX to findings: what it takes the force of stays visible and says whose word it was.

- `fixed`, and `not_affected` with a justification, suppress; an impact statement alone does not.
- A statement matches by exact package, exact version (or a range that is stated exactly), and id or alias.
- A statement about a part of a product holds for our products alone.
- A later statement overrides an earlier one. Where two contradict each other and it cannot be told which is
  later, the finding stands.
- Malware is never suppressed.

Source: OpenVEX v0.2.0, "Processing VEX documents"; issue "The gate and the daily scan".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.contracts.values.vex import VexDocument, VexStatement, VexStatus, VexTarget, waived_label
from ops.supply_chain.core.names import normalise
from ops.supply_chain.core.text import printable
from ops.supply_chain.risk.vex.packages import PurlKey, purl_key, same_version, within_range

SCOPE, MALWARE = "vulnerability.", "MAL-"
UNMATCHED, UNJUSTIFIED = "vex.unmatched", "vex.no-justification"
NO_TARGET = "name no product"
OTHER_PRODUCT = "are about a part of another product"
NO_FINDING = "match no finding"

SHOWN = 3
"""Vulnerabilities that a message names; the rest is counted."""

_STEPS = {
    NO_FINDING: "Nothing, where the statements are about other versions or packages; else correct them.",
    OTHER_PRODUCT: "Ask for a statement about the package itself, or state it for this product.",
}
_STEP = "Ask whoever issued them to name each package by its purl with its exact version."


class _Candidate(NamedTuple):
    document: VexDocument
    statement: VexStatement
    target: VexTarget

    @property
    def suppresses(self) -> bool:
        if self.statement.status is VexStatus.NOT_AFFECTED:
            return self.statement.justification is not None
        return self.statement.status is VexStatus.FIXED

    @property
    def contradicts(self) -> bool:
        return self.statement.status in (VexStatus.AFFECTED, VexStatus.UNDER_INVESTIGATION)


def apply_vex(
    findings: Iterable[Finding], documents: Sequence[VexDocument], *, products: Sequence[str] = ()
) -> tuple[Finding, ...]:
    """Mark what VEX suppresses, and tell what of the VEX could not be used.

    Args:
        findings: Any order; already waived ones are left as they are.
        documents: All that were given, in any order.
        products: Purls of our own product: statements about its parts are about our dependencies.
    Returns:
        All findings, none dropped, with `waived_by` set where one is suppressed, then those about the VEX
        itself, sorted by place.
    """
    ours = {key for key in map(purl_key, products) if key is not None}
    index = _index(documents, ours)
    used: set[int] = set()
    judged: list[Finding] = []
    told: dict[tuple[str, ...], Finding] = {}
    for finding in findings:
        matching = _matching(finding, index)
        used |= {id(one.statement) for one in matching}
        winner = None if finding.waived_by else _winner(matching)
        judged.append(_suppressed(finding, winner) if winner else finding)
        for one in matching:
            if one.statement.status is VexStatus.NOT_AFFECTED and one.statement.justification is None:
                told[one.document.file, one.statement.place, finding.package, finding.version] = _unjustified(
                    finding, one
                )
    notes = [note for document in documents for note in _unmatched(document, used, ours)]
    return tuple(sorted([*judged, *told.values(), *notes], key=lambda one: one.sort_key))


def _index(documents: Sequence[VexDocument], ours: set[PurlKey]) -> dict[tuple[str, str], list[_Candidate]]:
    """Return (package, upper-case id) -> what is stated of it, as far as it holds for us."""
    found: dict[tuple[str, str], list[_Candidate]] = {}
    for document in documents:
        for statement in document.statements:
            usable = [target for target in statement.targets if not _problem(target, ours)]
            for name in dict.fromkeys(name.upper() for name in statement.names):
                for target in usable:
                    found.setdefault((target.name, name), []).append(_Candidate(document, statement, target))
    return found


def _problem(target: VexTarget, ours: set[PurlKey]) -> str:
    if target.problem:
        return target.problem
    return OTHER_PRODUCT if target.within and purl_key(target.within) not in ours else ""


def _matching(finding: Finding, index: dict[tuple[str, str], list[_Candidate]]) -> list[_Candidate]:
    if not finding.code.startswith(SCOPE) or not finding.version:
        return []
    if any(alias.upper().startswith(MALWARE) for alias in finding.aliases):
        return []
    package = normalise(finding.package)
    names = dict.fromkeys(alias.upper() for alias in finding.aliases)
    return [one for name in names for one in index.get((package, name), ()) if _is_version(finding.version, one.target)]


def _is_version(version: str, target: VexTarget) -> bool:
    if target.version:
        return same_version(version, target.version)
    return within_range(version, target.versions)


def _winner(matching: Sequence[_Candidate]) -> _Candidate | None:
    """Return the newest statement that suppresses and that no other one contradicts or may override."""
    against = [one for one in matching if one.contradicts]
    holding = [one for one in matching if one.suppresses and all(_later(one, other) for other in against)]
    return min(holding, key=_newest_first, default=None)


def _later(one: _Candidate, other: _Candidate) -> bool:
    first, second = one.statement.timestamp, other.statement.timestamp
    return first is not None and second is not None and first > second


def _newest_first(one: _Candidate) -> tuple[float, str, str]:
    moment = one.statement.timestamp
    return (-moment.timestamp() if moment else 0.0, one.document.id, one.statement.place)


def _suppressed(finding: Finding, by: _Candidate) -> Finding:
    label = waived_label(by.document.id, by.statement.status, by.statement.justification)
    return msgspec.structs.replace(finding, waived_by=label)


def _unjustified(finding: Finding, by: _Candidate) -> Finding:
    name = printable(by.statement.names[0])
    return msgspec.structs.replace(
        finding,
        code=UNJUSTIFIED,
        severity=Severity.INFO,
        message=(
            f"{printable(by.document.file)} ({printable(by.document.id)}) says that {finding.package} "
            f"{finding.version} is not affected by {name}, and gives no justification: the finding stands"
        ),
        next_step="Ask whoever issued it for one of the five justifications; an impact statement is not enough.",
        waived_by="",
        due="",
        first_seen="",
    )


def _unmatched(document: VexDocument, used: set[int], ours: set[PurlKey]) -> list[Finding]:
    reasons: dict[str, list[VexStatement]] = {}
    for statement in document.statements:
        if id(statement) not in used:
            problems = [_problem(target, ours) for target in statement.targets] or [NO_TARGET]
            reasons.setdefault(NO_FINDING if "" in problems else problems[0], []).append(statement)
    return [_note(document, reason, statements) for reason, statements in sorted(reasons.items())]


def _note(document: VexDocument, reason: str, statements: Sequence[VexStatement]) -> Finding:
    names = list(dict.fromkeys(printable(one.names[0]) for one in statements))
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return Finding(
        code=UNMATCHED,
        severity=Severity.INFO,
        message=(
            f"{printable(document.file)} ({printable(document.id)}): {len(statements)} of {len(document.statements)} "
            f"statements {reason}: {', '.join(names[:SHOWN])}{more}"
        ),
        next_step=_STEPS.get(reason, _STEP),
    )
