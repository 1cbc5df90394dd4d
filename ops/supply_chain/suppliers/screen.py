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
from ops.supply_chain.core.commands import command, quoted
from ops.supply_chain.core.text import excerpt, plural, printable

MOST_CAUSES = 8
"""Kinds of reasons that a screen shows; the JSON has all."""

MOST_SUPPLIERS = 12
MOST_STATUS_LINES = 16
"""Of suppliers and of kinds of reasons, in the status; a kind has two."""

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
    fresh = {line.digest for line in lines if not line.known}
    copies = sum(line.known and line.digest in fresh for line in lines)
    before = [f"{counts['known'] - copies} received before"] if counts["known"] > copies else []
    before += [f"{copies} with the same bytes as another"] if copies else []
    known = f" ({', '.join(before)})" if before else ""
    head = ", ".join(f"{counts[decision.value]} {decision.value}" for decision in reversed(WORST_FIRST))
    return [f"{plural(len(lines), 'document')}{known}: {head}", *_causes(lines, titles, MOST_CAUSES)]


def _causes(lines: Iterable[IntakeLine], titles: Mapping[str, str], most: int) -> list[str]:
    """Return the kinds of reasons, those of the most documents first: two lines each, and how many there are beyond the most."""
    text = []
    causes: defaultdict[str, list[tuple[IntakeLine, IntakeReason]]] = defaultdict(list)
    for line in lines:
        for reason in line.reasons:
            causes[reason.code].append((line, reason))
    order = sorted(causes, key=lambda code: (-_documents(causes[code]), code))
    for code in order[:most]:
        text += _cause(titles.get(code, "The file can be read"), causes[code])
    if len(order) > most:
        text.append(f"  and {plural(len(order) - most, 'more kind')} of reasons: see --format json")
    return text


def _documents(found: Iterable[tuple[IntakeLine, IntakeReason]]) -> int:
    return len({(line.place, line.digest) for line, _ in found})


def _cause(title: str, found: Sequence[tuple[IntakeLine, IntakeReason]]) -> list[str]:
    count = _documents(found)
    line, reason = found[0]
    more = f"; and {count - 1} more" if count > 1 else ""
    return [
        f"  not met by {plural(count, 'document')}: {title}",
        f"    {printable(line.place)}: {excerpt(reason.message)}{more}",
    ]


def intake_steps(open_suppliers: Iterable[str], *, configured: bool) -> list[str]:
    """Return what to do about documents that are not accepted, the most important first.

    Args:
        open_suppliers: The supplier of each such document, empty for none.
        configured: Whether the configuration has a supplier.
    """
    names = list(dict.fromkeys(open_suppliers))
    steps = [f"next: {command('supplier', '--request', quoted(printable(name)))}" for name in names if name][:1]
    if "" in names:
        who = "their supplier" if configured else "who sent them"
        rebuild = command("supplier", "--rebuild")
        steps.append(
            f"next: describe {who} as [[suppliers]] in .security-config.toml (docs/suppliers.md), then {rebuild}"
        )
    return steps


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


def status_text(
    documents: Sequence[RegisteredDocument], counts: RegistryCounts, titles: Mapping[str, str]
) -> list[str]:
    """Return the state of the registry, one line a supplier: those with documents that are not accepted first; then why not."""
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
    lines = [
        IntakeLine(document.name, document.decision, document.supplier, document.reasons, document.digest)
        for document in documents
    ]
    return text + _causes(lines, titles, max(1, (MOST_STATUS_LINES - len(text)) // 2))


def _open(documents: Iterable[RegisteredDocument]) -> int:
    return sum(document.decision is not IntakeDecision.ACCEPTED for document in documents)


def _supplier_line(name: str, documents: Sequence[RegisteredDocument]) -> str:
    found = Counter(document.decision for document in documents)
    products = {document.product for document in documents if document.product}
    newest = max(document.ingested for document in documents)
    parts = ", ".join(f"{found[decision]} {decision.value}" for decision in reversed(WORST_FIRST) if found[decision])
    return f"  {printable(name) or '(no supplier)'}: {parts}; {plural(len(products), 'product')}, last received on {newest[:10]}"


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
