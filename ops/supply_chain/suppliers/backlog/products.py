"""The products in suppliers' documents: which documents are the newest of each, and the text that identifies a component.

The newest document of a product is superseded for the backlog only by one that is newer by its time and not of a lower version:
a maintenance release of an old version does not make the vulnerabilities of the current one disappear.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple
from urllib.parse import quote

from ops.supply_chain.contracts.values.registry import (
    DocumentKind,
    IntakeDecision,
    PackageName,
    RegisteredDocument,
)
from ops.supply_chain.formats.purl import read_purl
from ops.supply_chain.formats.version_orders.ecosystems import PYPI, base_ecosystem
from ops.supply_chain.formats.version_orders.orders import compare

NAMELESS = "document:"
"""Beginning of the product of a document that names none: it is never the same as another one's."""


SHOWN_DIGEST = len("@sha256:") + 12
_IMAGE_DIGEST = re.compile(r"(?<=.)@sha256:[0-9a-f]{64}$")


class ProductKey(NamedTuple):
    """A product of a supplier."""

    supplier: str
    product: str


class ProductDocuments(NamedTuple):
    """The accepted documents of a product that no newer one of the same version has superseded, newest first.

    `heads` are those that count, `older` those of earlier versions. `unaccepted` are quarantined ones that no
    head replaces, and refused ones of a product without an accepted one: what is in them is not reviewed.
    """

    heads: tuple[RegisteredDocument, ...]
    older: tuple[RegisteredDocument, ...]
    unaccepted: tuple[RegisteredDocument, ...] = ()


def product_of(document: RegisteredDocument) -> ProductKey:
    """Return the product of a document; of an image that is named with its digest, without that."""
    name = _IMAGE_DIGEST.sub("", document.product)
    return ProductKey(document.supplier, name or f"{NAMELESS}{document.digest}")


def version_of(document: RegisteredDocument) -> str:
    """Return the version of a document's product; of an image that has only a digest, its beginning."""
    digest = _IMAGE_DIGEST.search(document.product)
    return document.product_version or (digest[0][1:SHOWN_DIGEST] if digest else "")


def products_of(documents: Iterable[RegisteredDocument], *, all_versions: bool) -> dict[ProductKey, ProductDocuments]:
    """Return the products of suppliers in the order of their names.

    Args:
        documents: All of the registry.
        all_versions: True if every version of a product counts, and not only the newest.
    """
    accepted: defaultdict[ProductKey, list[RegisteredDocument]] = defaultdict(list)
    quarantined: defaultdict[ProductKey, list[RegisteredDocument]] = defaultdict(list)
    refused: defaultdict[ProductKey, list[RegisteredDocument]] = defaultdict(list)
    documents = tuple(documents)
    for document in documents:
        if document.kind is DocumentKind.SBOM and not document.own:
            if document.decision is IntakeDecision.ACCEPTED and document.current:
                accepted[product_of(document)].append(document)
            elif document.decision is IntakeDecision.QUARANTINED:
                quarantined[product_of(document)].append(document)
            elif document.decision is IntakeDecision.REFUSED and document.supplier and document.product:
                refused[product_of(document)].append(document)
    for key in refused.keys() - accepted.keys():
        quarantined[key] += refused[key]
    for document in _unread(documents):
        quarantined[product_of(document)].append(document)
    found = {}
    for key in sorted({*accepted, *quarantined}):
        known = sorted(accepted[key], key=_newest, reverse=True)
        heads = tuple(
            document for document in known if all_versions or not any(_supersedes(other, document) for other in known)
        )
        older = tuple(document for document in known if document not in heads)
        unaccepted = tuple(
            document
            for document in sorted(quarantined[key], key=_newest, reverse=True)
            if not any(_newest(head)[:2] > _newest(document)[:2] and _supersedes(head, document) for head in heads)
        )
        found[key] = ProductDocuments(heads, older, unaccepted)
    return found


def _unread(documents: Iterable[RegisteredDocument]) -> list[RegisteredDocument]:
    """Return refused documents of suppliers whose product is not known: one that was accepted later may replace them."""
    latest: dict[str, str] = {}
    refused = []
    for document in documents:
        if document.kind is DocumentKind.SBOM and document.supplier:
            if document.decision is IntakeDecision.ACCEPTED:
                latest[document.supplier] = max(latest.get(document.supplier, ""), document.ingested)
            elif document.decision is IntakeDecision.REFUSED and not document.product:
                refused.append(document)
    return [document for document in refused if document.ingested >= latest.get(document.supplier, "")]


def component_text(package: PackageName) -> str:
    """Return the package URL of a component without a version, from which `component_package` makes the same package."""
    namespace = "/".join(quote(part, safe="~+:.-_") for part in package.namespace.split("/") if part)
    return "/".join(part for part in (f"pkg:{package.type}", namespace, quote(package.name, safe="~+:.-_")) if part)


def component_package(text: str) -> PackageName | None:
    """Return the package that a package URL identifies; None if it is none."""
    found = read_purl(text)
    return PackageName(found.type, found.namespace, found.name) if found is not None else None


def _newest(document: RegisteredDocument) -> tuple[str, str, str]:
    return (document.stated, document.ingested, document.digest)


def _supersedes(other: RegisteredDocument, document: RegisteredDocument) -> bool:
    """Return whether a document is newer, and not of a lower version where that can be decided."""
    if _newest(other) <= _newest(document):
        return False
    return _order(other, document) != -1


def _order(first: RegisteredDocument, second: RegisteredDocument) -> int | None:
    package = read_purl(first.product)
    ecosystem = base_ecosystem(package.type, package.namespace) if package else ""
    versions = (first.product_version, second.product_version)
    if not all(versions):
        return None
    for order in dict.fromkeys((ecosystem, PYPI, "npm")):
        found = compare(order, *versions) if order else None
        if found is not None:
            return found
    return None


def names(documents: Sequence[RegisteredDocument]) -> tuple[str, ...]:
    """Return the suppliers of some documents, each once."""
    return tuple(dict.fromkeys(document.supplier for document in documents if document.supplier))
