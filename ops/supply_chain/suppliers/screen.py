"""What a run shows about documents, on one screen; the status of the registry; the text to send to a supplier."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ops.supply_chain.contracts.values.registry import (
    IntakeDecision,
    IntakeReason,
    RegisteredDocument,
    RegistryCounts,
)
from ops.supply_chain.core.text import excerpt, plural, printable

MOST_CAUSES = 8
"""Kinds of reasons that a screen shows; the JSON has all."""

MOST_SUPPLIERS = 15
MOST_NAMED = 2
"""Documents that a kind of reason names."""

WORST_FIRST = (IntakeDecision.REFUSED, IntakeDecision.QUARANTINED, IntakeDecision.ACCEPTED)


class IntakeLine(NamedTuple):
    """A document of a run: its place, the decision and its reasons. `known` is True if its bytes had come before."""

    place: str
    decision: IntakeDecision
    supplier: str
    reasons: tuple[IntakeReason, ...] = ()
    digest: str = ""
    known: bool = False


def counts_of(lines: Iterable[IntakeLine]) -> dict[str, int]:
    """Return how many documents were decided how, and how many were known."""
    lines = tuple(lines)
    found = Counter(line.decision for line in lines)
    return {
        "documents": len(lines),
        **{decision.value: found[decision] for decision in reversed(WORST_FIRST)},
        "known": sum(line.known for line in lines),
    }


def intake_text(lines: Sequence[IntakeLine], titles: Mapping[str, str]) -> list[str]:
    """Return the screen of a run: the counts, then the reasons with the most documents.

    Args:
        lines: Of each document.
        titles: Code of a rule -> its title.
    """
    counts = counts_of(lines)
    known = f" ({counts['known']} received before)" if counts["known"] else ""
    head = ", ".join(f"{counts[decision.value]} {decision.value}" for decision in reversed(WORST_FIRST))
    text = [f"{plural(len(lines), 'document')}{known}: {head}"]
    causes: defaultdict[str, list[tuple[IntakeLine, IntakeReason]]] = defaultdict(list)
    for line in lines:
        for reason in line.reasons:
            causes[reason.code].append((line, reason))
    order = sorted(causes, key=lambda code: (-len({line.place for line, _ in causes[code]}), code))
    for code in order[:MOST_CAUSES]:
        text += _cause(titles.get(code, "The file can be read"), causes[code])
    if len(order) > MOST_CAUSES:
        text.append(f"  and {plural(len(order) - MOST_CAUSES, 'more kind')} of reasons: see --format json")
    return text


def _cause(title: str, found: Sequence[tuple[IntakeLine, IntakeReason]]) -> list[str]:
    places = list(dict.fromkeys(line.place for line, _ in found))
    line, reason = found[0]
    more = f"; and {len(places) - 1} more" if len(places) > 1 else ""
    return [
        f"  {plural(len(places), 'document')} without: {title}",
        f"    {printable(line.place)}: {excerpt(reason.message)}{more}",
    ]


def document_of(lines: Sequence[IntakeLine]) -> dict[str, Any]:
    """Return the result of a run for programs."""
    return {
        "counts": counts_of(lines),
        "documents": [
            {
                "place": line.place,
                "sha256": line.digest,
                "supplier": line.supplier,
                "decision": line.decision.value,
                "known": line.known,
                "reasons": [{"code": reason.code, "message": reason.message} for reason in line.reasons],
            }
            for line in lines
        ],
    }


def status_text(documents: Sequence[RegisteredDocument], counts: RegistryCounts) -> list[str]:
    """Return the state of the registry, one line a supplier: those with documents that are not accepted first."""
    amounts = (
        plural(counts.documents, "document"),
        plural(counts.packages, "package"),
        plural(counts.components, "component"),
        plural(counts.statements, "statement"),
    )
    text = [", ".join(amounts)]
    of: defaultdict[str, list[RegisteredDocument]] = defaultdict(list)
    for document in documents:
        of[document.supplier].append(document)
    order = sorted(of, key=lambda name: (-_open(of[name]), name))
    text += [_supplier_line(name, of[name]) for name in order[:MOST_SUPPLIERS]]
    if len(order) > MOST_SUPPLIERS:
        text.append(f"  and {plural(len(order) - MOST_SUPPLIERS, 'more supplier')}: see --format json")
    return text


def _open(documents: Iterable[RegisteredDocument]) -> int:
    return sum(document.decision is not IntakeDecision.ACCEPTED for document in documents)


def _supplier_line(name: str, documents: Sequence[RegisteredDocument]) -> str:
    found = Counter(document.decision for document in documents)
    products = {document.product for document in documents if document.product}
    newest = max(document.ingested for document in documents)
    parts = ", ".join(f"{found[decision]} {decision.value}" for decision in reversed(WORST_FIRST) if found[decision])
    return f"  {printable(name) or '(no supplier)'}: {parts}; {plural(len(products), 'product')}, newest {newest[:10]}"


def status_of(documents: Sequence[RegisteredDocument], counts: RegistryCounts) -> dict[str, Any]:
    """Return the state of the registry for programs."""
    return {
        "counts": counts._asdict(),
        "documents": [
            {
                "sha256": document.digest,
                "kind": document.kind.value,
                "format": document.format,
                "supplier": document.supplier,
                "product": document.product,
                "product_version": document.product_version,
                "name": document.name,
                "stated": document.stated,
                "ingested": document.ingested,
                "signer": document.signer,
                "decision": document.decision.value,
                "current": document.current,
                "reasons": [{"code": reason.code, "message": reason.message} for reason in document.reasons],
            }
            for document in documents
        ],
    }


def request_text(
    supplier: str, documents: Sequence[RegisteredDocument], titles: Mapping[str, str], fixes: Mapping[str, str]
) -> list[str]:
    """Return a text that can be sent to a supplier: what to correct in its documents; empty if there is nothing.

    Args:
        supplier: Its name.
        documents: Those of it that are not accepted.
        titles: Code of a rule -> its title.
        fixes: Code of a rule -> what to do.
    """
    if not documents:
        return []
    again = "Please correct the following and send what you corrected again."
    text = [f"To {printable(supplier)}:", f"We could not accept {plural(len(documents), 'document')}. {again}"]
    for document in documents:
        product = f" for {printable(document.product)} {printable(document.product_version)}".rstrip()
        text += ["", f"{printable(document.name)} (SHA-256 {document.digest}){product if document.product else ''}:"]
        for code in dict.fromkeys(reason.code for reason in document.reasons):
            text.append(f"  {titles.get(code, code)}:")
            text += [f"    - {printable(reason.message)}" for reason in document.reasons if reason.code == code]
            text.append(f"    {fixes.get(code, '')}".rstrip())
    return text
