"""Apply suppliers' VEX to findings: a suppressed finding stays visible, with the document that suppresses it.

- `fixed`, and `not_affected` with a justification, suppress; an impact statement alone does not.
- A statement matches by exact package, exact version (or a range that is stated exactly), and id or alias.
- A statement about a component of a product applies only if the product is the project's own.
- A later statement overrides an earlier one. If two contradict each other and it is not known which is later,
  the finding stays open.
- Malware is never suppressed.

Source: OpenVEX v0.2.0, https://github.com/openvex/spec/blob/main/OPENVEX-SPEC.md.
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
OTHER_PRODUCT = "are about a component of another product"
NO_FINDING = "match no finding"

SHOWN = 3
"""Vulnerabilities named in a message; the others are counted."""

_STEPS = {
    NO_FINDING: "Nothing if the statements are about other versions or packages; otherwise correct them.",
    OTHER_PRODUCT: "Ask for a statement about the package itself, or write one for this product.",
}
_STEP = "Ask the issuer to name each package by its purl with its exact version."


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
    """Mark findings that VEX suppresses, and report statements that could not be used.

    Args:
        findings: In any order; findings that are waived already stay unchanged.
        documents: All VEX documents, in any order.
        products: Purls of the project's own product: statements about its components are about its dependencies.
    Returns:
        All findings, with `waived_by` set if suppressed, and findings about the VEX itself, sorted by location.
    """
    own = {key for key in map(purl_key, products) if key is not None}
    index = _index(documents, own)
    used: set[int] = set()
    applied: list[Finding] = []
    unjustified: dict[tuple[str, ...], Finding] = {}
    for finding in findings:
        matching = _matching(finding, index)
        used |= {id(candidate.statement) for candidate in matching}
        winner = None if finding.waived_by else _winner(matching)
        applied.append(_suppressed(finding, winner) if winner else finding)
        for candidate in matching:
            statement = candidate.statement
            if statement.status is VexStatus.NOT_AFFECTED and statement.justification is None:
                key = (candidate.document.file, statement.place, finding.package, finding.version)
                unjustified[key] = _unjustified(finding, candidate)
    unmatched = [note for document in documents for note in _unmatched(document, used, own)]
    return tuple(sorted([*applied, *unjustified.values(), *unmatched], key=lambda finding: finding.sort_key))


def _index(documents: Sequence[VexDocument], own: set[PurlKey]) -> dict[tuple[str, str], list[_Candidate]]:
    """Return (package, upper-case id) -> the statements about it that apply to the project."""
    found: dict[tuple[str, str], list[_Candidate]] = {}
    for document in documents:
        for statement in document.statements:
            usable = [target for target in statement.targets if not _problem(target, own)]
            for name in dict.fromkeys(name.upper() for name in statement.names):
                for target in usable:
                    found.setdefault((target.name, name), []).append(_Candidate(document, statement, target))
    return found


def _problem(target: VexTarget, own: set[PurlKey]) -> str:
    if target.problem:
        return target.problem
    return OTHER_PRODUCT if target.within and purl_key(target.within) not in own else ""


def _matching(finding: Finding, index: dict[tuple[str, str], list[_Candidate]]) -> list[_Candidate]:
    if not finding.code.startswith(SCOPE) or not finding.version:
        return []
    if any(alias.upper().startswith(MALWARE) for alias in finding.aliases):
        return []
    package = normalise(finding.package)
    names = dict.fromkeys(alias.upper() for alias in finding.aliases)
    return [
        candidate
        for name in names
        for candidate in index.get((package, name), ())
        if _is_version(finding.version, candidate.target)
    ]


def _is_version(version: str, target: VexTarget) -> bool:
    if target.version:
        return same_version(version, target.version)
    return within_range(version, target.versions)


def _winner(matching: Sequence[_Candidate]) -> _Candidate | None:
    """Return the newest suppressing statement that no other statement contradicts or may override."""
    against = [candidate for candidate in matching if candidate.contradicts]
    undisputed = [
        candidate
        for candidate in matching
        if candidate.suppresses and all(_later(candidate, other) for other in against)
    ]
    return min(undisputed, key=_newest_first, default=None)


def _later(candidate: _Candidate, other: _Candidate) -> bool:
    first, second = candidate.statement.timestamp, other.statement.timestamp
    return first is not None and second is not None and first > second


def _newest_first(candidate: _Candidate) -> tuple[float, str, str]:
    time = candidate.statement.timestamp
    return (-time.timestamp() if time else 0.0, candidate.document.id, candidate.statement.place)


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
            f"{printable(by.document.file)} ({printable(by.document.id)}) states that {finding.package} "
            f"{finding.version} is not affected by {name}, without a justification: the finding stays open"
        ),
        next_step="Ask the issuer for one of the five justifications; an impact statement is not enough.",
        waived_by="",
        due="",
        first_seen="",
    )


def _unmatched(document: VexDocument, used: set[int], own: set[PurlKey]) -> list[Finding]:
    reasons: dict[str, list[VexStatement]] = {}
    for statement in document.statements:
        if id(statement) not in used:
            problems = [_problem(target, own) for target in statement.targets] or [NO_TARGET]
            reasons.setdefault(NO_FINDING if "" in problems else problems[0], []).append(statement)
    return [_note(document, reason, statements) for reason, statements in sorted(reasons.items())]


def _note(document: VexDocument, reason: str, statements: Sequence[VexStatement]) -> Finding:
    names = list(dict.fromkeys(printable(statement.names[0]) for statement in statements))
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
