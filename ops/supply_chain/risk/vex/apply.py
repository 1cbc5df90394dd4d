"""Apply suppliers' VEX to findings: a suppressed finding stays visible, with the document that suppresses it.

- Only documents by an author in `[[vex_authors]]` count; any other changes nothing and is reported.
- A statement dated in the future, by any of its or its document's times, does not count and is reported.
- `fixed`, and `not_affected` with a justification, suppress; an impact statement alone does not.
- A statement matches by exact package, exact version (or a range that is stated exactly), and id or alias.
- A statement about a component of a product applies only if the product is the project's own: in this version, or
  without one.
- A later statement overrides an earlier one. If two contradict each other and it is not known which is later,
  the finding stays open.
- Malware is never suppressed.

Source: OpenVEX v0.2.0, https://github.com/openvex/spec/blob/main/OPENVEX-SPEC.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.contracts.values.vex import VexDocument, VexStatement, VexStatus, VexTarget, waived_label
from ops.supply_chain.core.names import normalise
from ops.supply_chain.core.text import plural, printable
from ops.supply_chain.risk.vex.packages import (
    NARROWER,
    NO_VERSION,
    NOT_PYPI,
    UNREADABLE_RANGE,
    PurlKey,
    is_product,
    purl_key,
    same_version,
    within_range,
)
from ops.supply_chain.risk.vex.read_cyclonedx import UNRESOLVED as NOT_GIVEN

SCOPE, MALWARE = "vulnerability.", "MAL-"
UNMATCHED, UNJUSTIFIED = "vex.unmatched", "vex.no-justification"
UNKNOWN_AUTHOR, FUTURE, UNRESOLVED = "vex.unknown-author", "vex.future", "vex.unresolved"
NO_TARGET = "name no product"
OTHER_PRODUCT = "are about a component of another product"
NO_FINDING = "match no finding"

SHOWN = 3
"""Vulnerabilities named in a message; the others are counted."""

_STEPS = {
    NO_FINDING: "Nothing if the statements are about other versions or packages; otherwise correct them.",
    NO_TARGET: "Ask the issuer for statements that name the product, by its purl with its exact version.",
    OTHER_PRODUCT: "Ask for a statement about the package itself, or write one for this product.",
    NOT_PYPI: "Ask the issuer to name each package by its purl: pkg:pypi/NAME@VERSION.",
    NO_VERSION: "Ask the issuer to name each package by its purl with its exact version.",
    NARROWER: "Ask the issuer for a statement about the package itself, without a file or an index in its purl.",
    UNREADABLE_RANGE: "Ask the issuer for exact versions, or for a range of the form vers:pypi/>=1.0|<2.0.",
}


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
    findings: Iterable[Finding], documents: Sequence[VexDocument], *, now: datetime, products: Sequence[str] = ()
) -> tuple[Finding, ...]:
    """Mark findings that VEX suppresses, and report documents and statements that could not be used.

    Args:
        findings: In any order; findings that are waived already stay unchanged.
        documents: All VEX documents, in any order, each with the result of the check of its author.
        now: With a time zone; statements of a later time do not count.
        products: Purls of the project's own product: statements about its components are about its dependencies.
    Returns:
        All findings, with `waived_by` set if suppressed, and findings about the VEX itself, sorted by location.
    """
    own = {key for key in map(purl_key, products) if key is not None}
    findings = tuple(findings)
    trusted = [document for document in documents if document.trust.basis]
    foreign = [document for document in documents if not document.trust.basis]
    index = _index([_without_future(document, now) for document in trusted], own)
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
    notes = [note for document in trusted for note in _unusable(document, used, own, now)]
    notes += [_unknown_author(document, findings, own) for document in foreign]
    return tuple(sorted([*applied, *unjustified.values(), *notes], key=lambda finding: finding.sort_key))


def _without_future(document: VexDocument, now: datetime) -> VexDocument:
    past = tuple(statement for statement in document.statements if not _is_future(statement, now))
    return msgspec.structs.replace(document, statements=past)


def _is_future(statement: VexStatement, now: datetime) -> bool:
    return statement.latest is not None and statement.latest > now


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
    return OTHER_PRODUCT if target.within and not is_product(target.within, own) else ""


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
    label = waived_label(by.document.id, by.statement.status, by.statement.justification, by=by.document.attribution)
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


def _unusable(document: VexDocument, used: set[int], own: set[PurlKey], now: datetime) -> list[Finding]:
    """Return a finding for each reason for which statements of a document were not used, with its own next step."""
    reasons: dict[tuple[str, str, str], list[VexStatement]] = {}
    for statement in document.statements:
        if id(statement) not in used:
            reasons.setdefault(_reason(statement, own, now), []).append(statement)
    return [
        _note(document, code, reason, step, statements) for (code, reason, step), statements in sorted(reasons.items())
    ]


def _reason(statement: VexStatement, own: set[PurlKey], now: datetime) -> tuple[str, str, str]:
    """Return why a statement was not used: code, words and next step."""
    if _is_future(statement, now):
        latest = statement.latest.isoformat() if statement.latest else ""
        step = "Check this machine's clock; if it is right, ask the issuer for a document with the right date."
        return FUTURE, f"dated {latest}, which is in the future", step
    problems = [(_problem(target, own), target.step) for target in statement.targets] or [(NO_TARGET, "")]
    if any(not reason for reason, _ in problems):
        return UNMATCHED, NO_FINDING, _STEPS[NO_FINDING]
    reason, step = problems[0]
    code = UNRESOLVED if reason == NOT_GIVEN else UNMATCHED
    return code, reason, step or _STEPS[reason]


def _note(document: VexDocument, code: str, reason: str, step: str, statements: Sequence[VexStatement]) -> Finding:
    verb = "are " if code == FUTURE else ""
    names = _shortened(printable(statement.names[0]) for statement in statements)
    return Finding(
        code=code,
        severity=Severity.INFO,
        message=(
            f"{printable(document.file)} ({printable(document.id)}) by {document.attribution}: {len(statements)} of "
            f"{len(document.statements)} statements {verb}{reason}: {names}"
        ),
        next_step=step,
    )


def _unknown_author(document: VexDocument, findings: Sequence[Finding], own: set[PurlKey]) -> Finding:
    """Return the finding for a document that does not count, with the findings that stay open for all it states."""
    index = _index([document], own)
    about = [
        f"{finding.package} {finding.version}"
        for finding in findings
        if not finding.waived_by and _matching(finding, index)
    ]
    stays = f"; open findings that it is about: {_shortened(about)}" if about else ""
    return Finding(
        code=UNKNOWN_AUTHOR,
        severity=Severity.INFO,
        message=(
            f"{printable(document.file)} ({printable(document.id)}, sha256:{document.sha256}) by {document.attribution} "
            f"{document.trust.problem}: "
            f"{plural(len(document.statements), 'statement does', 'statements do')} not count{stays}"
        ),
        next_step=document.trust.step,
    )


def _shortened(names: Iterable[str]) -> str:
    """Return the first of the names, each once, and how many more there are."""
    found = list(dict.fromkeys(names))
    more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    return f"{', '.join(found[:SHOWN])}{more}"
