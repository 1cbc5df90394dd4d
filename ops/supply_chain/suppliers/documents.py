"""A document from a supplier as far as it could be read, and its signature, as the rules of `policy/suppliers/` see them."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Any, NamedTuple

import msgspec

from ops.supply_chain.contracts.config.suppliers import SupplierEntry
from ops.supply_chain.contracts.values.received_sbom import ReceivedSbom, SbomDefect
from ops.supply_chain.contracts.values.registry import (
    DocumentKind,
    ListedComponent,
    RegisteredDigest,
    RegisteredDocument,
    RegisteredStatement,
)
from ops.supply_chain.core.moments import parse_timestamp
from ops.supply_chain.suppliers.products import matches_product, owns
from ops.supply_chain.suppliers.profiles.score import rule_input, score

MOST_DEFECTS_SHOWN = 5
"""Defects of one document that its reasons name; the rest are counted."""

_DAY_SECONDS = 86_400


class SignatureState(StrEnum):
    """What is known of a document's signature.

    `INVALID`: it does not verify for this document. `UNCHECKED`: it could not be checked (no certificate, no key, an unknown
    form). `STRANGER`: it verifies, and no supplier has that signer.
    """

    NONE = "none"
    VALID = "valid"
    INVALID = "invalid"
    UNCHECKED = "unchecked"
    STRANGER = "stranger"


class DocumentSignature(NamedTuple):
    """A document's signature: its state, the signer as text, whose it is, and why it is not valid."""

    state: SignatureState
    signer: str = ""
    supplier: str = ""
    problem: str = ""


class ReadDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A document that was read, or the reason why it could not be: then only `problem` is set.

    `format` is the standard with its version. `product` is what a newer document has, too, `stated` its time in UTC, empty if
    it has none, `newest` the latest time that anything in it has. `defects` break the standard; `subjects` are the products
    that a VEX document is about, `wide` those of them about whose every version it has a statement. A draft decides nothing
    yet; a document that is `withdrawn` takes back what an earlier edition stated. `revision` and `identifiers` are those of
    `RegisteredDocument`.
    """

    kind: DocumentKind = DocumentKind.SBOM
    format: str = ""
    product: str = ""
    product_version: str = ""
    stated: str = ""
    problem: str = ""
    defects: tuple[SbomDefect, ...] = ()
    defect_count: int = 0
    subjects: tuple[str, ...] = ()
    wide: tuple[str, ...] = ()
    newest: str = ""
    revision: str = ""
    identifiers: tuple[str, ...] = ()
    draft: bool = False
    withdrawn: bool = False
    listed: tuple[tuple[ListedComponent, int], ...] = ()
    digests: tuple[RegisteredDigest, ...] = ()
    statements: tuple[RegisteredStatement, ...] = ()
    sbom: ReceivedSbom | None = None


def named_supplier(
    entries: Iterable[SupplierEntry], read: ReadDocument, signature: DocumentSignature, stated: str
) -> SupplierEntry | None:
    """Return whose document it is: the verified signer's, else of the supplier that was stated, else of the only one whose
    products are its products.
    """
    entries = tuple(entries)
    name = signature.supplier or stated
    if name:
        return next((entry for entry in entries if entry.name == name), None)
    owners = [entry for entry in entries if entry.products and _subjects(read) and covers(entry, read)]
    return owners[0] if len(owners) == 1 else None


def covers(entry: SupplierEntry, read: ReadDocument) -> bool:
    """Return whether a supplier may send documents about all products of this one.

    A product that only a BOM-Link or a digest identifies is left out: statements about it count where the supplier may
    speak for what they lead to.
    """
    return not entry.products or all(
        any(matches_product(pattern, subject) for pattern in entry.products) for subject in _subjects(read)
    )


def _subjects(read: ReadDocument) -> tuple[str, ...]:
    return read.subjects if read.kind is DocumentKind.VEX else (read.product,)


def policy_document(
    registered: RegisteredDocument,
    read: ReadDocument,
    signature: DocumentSignature,
    entry: SupplierEntry | None,
    stated_supplier: str,
    answered: frozenset[str] | None = None,
) -> dict[str, Any]:
    """Return one entry of `input.documents`.

    It has no more than the rules need, and times as exact as they need them: documents whose entries are the same but for the
    digest are decided about once.

    Args:
        registered: The document as it will be registered.
        read: As far as it could be read.
        signature: What is known of its signature.
        entry: Its supplier; None if it has none.
        stated_supplier: The supplier that was stated; empty if none was.
        answered: Vulnerabilities that accepted VEX documents of the supplier have statements about, for this version of the
            product, in upper case; None if there is no such document.
    """
    allowed = entry is not None and covers(entry, read)
    limited = entry is not None and entry.max_age_days is not None
    age = _age_seconds(registered.ingested, registered.stated)
    return {
        "digest": registered.digest,
        "kind": registered.kind.value,
        "format": read.format,
        "standard": read.format.partition(" ")[0],
        "problem": read.problem,
        "defects": [f"{defect.location or '/'}: {defect.message}" for defect in read.defects[:MOST_DEFECTS_SHOWN]],
        "defect_count": read.defect_count,
        "contents": min(1, len(read.listed if registered.kind is DocumentKind.SBOM else read.statements)),
        "product": "" if entry is None or allowed else read.product,
        "product_allowed": allowed,
        "signature": {
            "state": signature.state.value,
            "signer": signature.signer,
            "supplier": signature.supplier,
            "problem": signature.problem,
        },
        "stated_supplier": stated_supplier,
        "supplier": None
        if entry is None
        else {
            "name": entry.name,
            "formats": list(entry.formats),
            "products": list(entry.products),
            "max_age_days": entry.max_age_days,
        },
        "age_seconds": age if limited else _whole_days(age),
        "newest_age_seconds": _whole_days(_age_seconds(registered.ingested, read.newest)),
        "every_version": _every_version(read, entry),
        "draft": read.draft,
        "withdrawn": read.withdrawn,
        "profile": _profile(read, signature, entry),
        "vex": _vex(read, entry, answered),
    }


def _vex(read: ReadDocument, entry: SupplierEntry | None, answered: frozenset[str] | None) -> dict[str, Any]:
    """Return whether a VEX is required and there, and the vulnerabilities that the SBOM lists without a statement."""
    sbom = read.sbom
    if entry is None or not entry.vex_required or sbom is None or read.kind is not DocumentKind.SBOM:
        return {"required": False, "given": False, "unanswered": []}
    inside = any(statement.state for statement in sbom.statements)
    none_known = sbom.lists_vulnerabilities and not sbom.statements
    open_ = [
        statement.id
        for statement in sbom.statements
        if not statement.state
        and (answered or frozenset()).isdisjoint(name.upper() for name in (statement.id, *statement.aliases))
    ]
    given = inside or none_known or answered is not None
    return {"required": True, "given": given, "unanswered": open_[:MOST_DEFECTS_SHOWN]}


def _profile(read: ReadDocument, signature: DocumentSignature, entry: SupplierEntry | None) -> dict[str, Any] | None:
    """Return what an SBOM lacks of its supplier's profile; None for what is measured by none."""
    if entry is None or read.sbom is None or read.kind is not DocumentKind.SBOM:
        return None
    return rule_input(score(read.sbom, entry.profile, signed=signature.state is SignatureState.VALID))


def _every_version(read: ReadDocument, entry: SupplierEntry | None) -> list[str]:
    """Return products about whose every version there is a statement, although they are not the supplier's."""
    own = entry.products if entry is not None else ()
    return [product for product in read.wide if not owns(own, product)][:MOST_DEFECTS_SHOWN]


def _whole_days(seconds: int | None) -> int | None:
    """Return an age in whole days; a time in the future stays exact, because some seconds of it are allowed."""
    return seconds if seconds is None or seconds < 0 else seconds // _DAY_SECONDS * _DAY_SECONDS


def _age_seconds(ingested: str, stated: str) -> int | None:
    """Return how long before its arrival a document was made; negative for a time in the future, None without a time."""
    if not stated:
        return None
    return int((parse_timestamp(ingested, where="") - parse_timestamp(stated, where="")).total_seconds())
