"""Statements of suppliers that count for nothing that is registered, and those that contradict each other.

Source: docs/suppliers.md
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from ops.supply_chain.contracts.values.registry import (
    IntakeDecision,
    PackageName,
    RegisteredDocument,
    RegisteredStatement,
    RegistryHit,
)
from ops.supply_chain.core.text import excerpt, plural, printable
from ops.supply_chain.suppliers.matching import SupplierStatement, applies, binding_of, shown
from ops.supply_chain.suppliers.statement_set import StatementSet
from ops.supply_chain.suppliers.statements import effective

MOST_SHOWN = 3
"""Statements of one kind that a screen shows; the JSON has all."""

UNKNOWN_SUPPLIER = "its supplier is not in [[suppliers]] any more"
NO_COMPONENT = "no accepted document lists what it is about"
PERHAPS = "it may be about what a document lists: by a CPE, a name, or a version that cannot be compared"

HitsOf = Callable[[SupplierStatement], Iterable[RegistryHit]]
"""Returns the components that a statement can be about."""


class UnmatchedStatement(NamedTuple):
    """A statement that counts for nothing, and why. `possible` is True if it may be about something."""

    document: RegisteredDocument
    statement: RegisteredStatement
    reason: str
    possible: bool = False


class StatementConflict(NamedTuple):
    """A statement that loses against another: the vulnerability, which one counts, and for how many components.

    `place` is the first of them: product, its version, component, its version.
    """

    vulnerability: str
    counts: SupplierStatement
    loses: SupplierStatement
    place: tuple[str, str, str, str]
    places: int


class StatementReview(NamedTuple):
    """`matched` is how many statements are about something, `idle` how many are in documents that do not count."""

    matched: int
    idle: int
    unmatched: tuple[UnmatchedStatement, ...]
    conflicts: tuple[StatementConflict, ...]


def review(
    statements: Sequence[tuple[RegisteredDocument, RegisteredStatement]],
    counting: Sequence[SupplierStatement],
    hits_of: HitsOf,
    *,
    all_statements: int,
) -> StatementReview:
    """Return which statements count for nothing, and which contradict each other.

    Args:
        statements: Of all accepted documents that are current.
        counting: Those of them that may count, in their order.
        hits_of: Finds components; of documents with any decision.
        all_statements: How many statements are registered, of all documents.
    """
    known = {(item.document.digest, item.statement) for item in counting}
    unmatched = [
        UnmatchedStatement(document, statement, UNKNOWN_SUPPLIER)
        for document, statement in statements
        if (document.digest, statement) not in known
    ]
    matched: list[SupplierStatement] = []
    for item in counting:
        about = _about(item, hits_of)
        if about:
            matched.append(item)
        else:
            unmatched.append(UnmatchedStatement(item.document, item.statement, _reason(item, about), about is None))
    conflicts = tuple(found for group in _groups(matched) for found in _conflicts(group, hits_of))
    return StatementReview(
        len(matched), all_statements - len(statements), tuple(sorted(unmatched, key=_order)), conflicts
    )


def _about(item: SupplierStatement, hits_of: HitsOf) -> bool | None:
    """Return whether a statement is about a component of an accepted document; None if it may be."""
    perhaps = False
    for hit in _accepted(hits_of(item)):
        about = applies(item, hit)[1]
        if about:
            return True
        perhaps = perhaps or about is None
    return None if perhaps else False


def _accepted(hits: Iterable[RegistryHit]) -> Iterator[RegistryHit]:
    return (hit for hit in hits if hit.document.decision is IntakeDecision.ACCEPTED)


def _reason(item: SupplierStatement, about: bool | None) -> str:  # noqa: FBT001 - one of three answers
    problems = (binding_of(item.statement).problem, item.product_at.problem, item.component_at.problem)
    found = next(filter(None, problems), "")
    if found:
        return f"it {found}"
    return PERHAPS if about is None else NO_COMPONENT


def _groups(items: Iterable[SupplierStatement]) -> list[list[SupplierStatement]]:
    """Return the statements about each vulnerability, by all of its names; only where they differ."""
    items = tuple(items)
    same: dict[str, str] = {}

    def first(name: str) -> str:
        while same.setdefault(name, name) != name:
            same[name] = same[same[name]]
            name = same[name]
        return name

    for item in items:
        name, *others = _names(item)
        for other in others:
            same[first(other)] = first(name)
    groups: defaultdict[str, list[SupplierStatement]] = defaultdict(list)
    for item in items:
        groups[first(item.statement.vulnerability.upper())].append(item)
    differing = (group for group in groups.values() if len({item.statement.status for item in group}) > 1)
    return sorted(differing, key=lambda group: min(item.statement.vulnerability for item in group))


def _names(item: SupplierStatement) -> list[str]:
    return [name.upper() for name in (item.statement.vulnerability, *item.statement.aliases)]


def _conflicts(group: Sequence[SupplierStatement], hits_of: HitsOf) -> Iterator[StatementConflict]:
    names, searched = {name for item in group for name in _names(item)}, StatementSet(group)
    hits = {
        (hit.document.digest, hit.component): hit
        for item in group
        for hit in _accepted(hits_of(item))
        if hit.document.current
    }
    found: defaultdict[tuple[SupplierStatement, SupplierStatement], list[tuple[str, str, str, str]]] = defaultdict(list)
    for hit in hits.values():
        answer = effective(hit, names, searched)
        for loser in answer.conflicts:
            winner = next(
                item for item in group if (item.document, item.statement) == (answer.document, answer.statement)
            )
            component = hit.component
            place = hit.document.product, hit.document.product_version, shown(component.package), component.version
            found[winner, loser].append(place)
    for (winner, loser), places in sorted(found.items(), key=lambda pair: _pair_order(*pair[0])):
        yield StatementConflict(winner.statement.vulnerability, winner, loser, min(places), len(places))


def _order(item: UnmatchedStatement) -> tuple[bool, str, str, str, int, str]:
    statement = item.statement
    return (
        item.possible, item.document.supplier, statement.vulnerability, item.document.digest, statement.place, repr(statement),
    )  # fmt: skip


def _pair_order(*items: SupplierStatement) -> tuple[tuple[str, int, str], ...]:
    return tuple((item.document.digest, item.statement.place, repr(item.statement)) for item in items)


def review_text(found: StatementReview) -> list[str]:
    """Return the lines of a screen; none if every statement counts or is history."""
    open_ = [item for item in found.unmatched if not item.possible]
    possible = [item for item in found.unmatched if item.possible]
    if not (open_ or possible or found.conflicts):
        return []
    amounts = (
        f"{found.matched} about registered components",
        f"{len(possible)} possible",
        f"{len(open_)} about nothing registered",
        plural(len(found.conflicts), "conflict"),
        f"{found.idle} of documents that do not count",
    )
    text = [f"  statements: {', '.join(amounts)}"]
    for items, title in ((open_, "about nothing"), (possible, "possible")):
        text += [
            f"    {title}: {_named(item.document, item.statement)}: {excerpt(item.reason)}"
            for item in items[:MOST_SHOWN]
        ]
        text += _more(len(items))
    for conflict in found.conflicts[:MOST_SHOWN]:
        counts, loses = conflict.counts, conflict.loses
        text.append(
            f"    conflict: {_named(counts.document, counts.statement)} counts, "
            f"{_named(loses.document, loses.statement)} does not, for {plural(conflict.places, 'component')}"
        )
    return text + _more(len(found.conflicts))


def _more(count: int) -> list[str]:
    return [f"    and {count - MOST_SHOWN} more: see --format json"] if count > MOST_SHOWN else []


def _named(document: RegisteredDocument, statement: RegisteredStatement) -> str:
    who = printable(document.supplier) or "own release"
    product = f" {excerpt(statement.product)}" if statement.product else ""
    return f"{printable(statement.vulnerability)} {statement.status}{product} ({who}, {printable(document.name)})"


def review_of(found: StatementReview) -> dict[str, Any]:
    """Return a review for programs."""
    return {
        "counts": {
            "matched": found.matched,
            "possible": sum(item.possible for item in found.unmatched),
            "unmatched": sum(not item.possible for item in found.unmatched),
            "conflicts": len(found.conflicts),
            "not_counting": found.idle,
        },
        "unmatched": [
            {**_row(item.document, item.statement), "reason": item.reason, "possible": item.possible}
            for item in found.unmatched
        ],
        "conflicts": [
            {
                "vulnerability": conflict.vulnerability,
                "counts": _row(conflict.counts.document, conflict.counts.statement),
                "loses": _row(conflict.loses.document, conflict.loses.statement),
                "components": conflict.places,
                "first": dict(zip(("product", "product_version", "component", "version"), conflict.place, strict=True)),
            }
            for conflict in found.conflicts
        ],
    }


def _row(document: RegisteredDocument, statement: RegisteredStatement) -> dict[str, str]:
    package = statement.package or PackageName("", "", "")
    return {
        "vulnerability": statement.vulnerability,
        "status": statement.status,
        "product": statement.product,
        "component": shown(package) if package.name else "",
        "version": statement.version,
        "stated": statement.stated,
        "supplier": document.supplier,
        "document": document.digest,
        "name": document.name,
    }
