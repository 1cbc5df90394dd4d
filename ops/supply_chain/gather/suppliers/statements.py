"""Suppliers' statements out of the registry: those that may count, and where their BOM-Links and digests lead.

A BOM-Link leads to a BOM that was accepted, and into its original bytes; it is followed when a question is asked, so that it
does not matter which of the two came first.

Source: https://cyclonedx.org/capabilities/bomlink/
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from ops.supply_chain.adapters.registry.reader import RegistryReader
from ops.supply_chain.contracts.config.suppliers import SupplierEntry
from ops.supply_chain.contracts.values.registry import (
    DocumentKind,
    IntakeDecision,
    PackageName,
    RegisteredComponent,
    RegisteredDocument,
    RegisteredStatement,
    RegistryHit,
)
from ops.supply_chain.contracts.values.vex import VexSubject
from ops.supply_chain.core.errors import StageError
from ops.supply_chain.core.text import excerpt
from ops.supply_chain.formats.bom_links import split_link
from ops.supply_chain.suppliers.matching import Located, SupplierStatement, binding_of
from ops.supply_chain.suppliers.statement_entries import OTHER_VERSION, package_of, same_version
from ops.supply_chain.suppliers.statement_review import StatementReview, review
from ops.supply_chain.suppliers.statement_set import StatementSet

if TYPE_CHECKING:
    from ops.supply_chain.adapters.files.supplier_store import SupplierStore
    from ops.supply_chain.contracts.values.received_sbom import ReceivedSbom, SbomComponent

NO_BOM = "refers to a BOM that was not accepted"


def statements_about(
    reader: RegistryReader,
    names: Iterable[str],
    suppliers: Sequence[SupplierEntry],
    store: SupplierStore | None = None,
) -> StatementSet:
    """Return the statements about a vulnerability that may count: `effective` decides which one does, for each component.

    Args:
        reader: The registry.
        names: All identifiers of the vulnerability, in any case.
        suppliers: As they are configured; a statement of any other does not count.
        store: The original bytes; without them a BOM-Link to an element of a BOM leads nowhere.
    Returns:
        Those of accepted documents that no newer one has superseded, in the order of time and document.
    Raises:
        StageError: The registry failed.
    """
    return StatementFinder(reader, suppliers, store).about(names)


def review_statements(
    reader: RegistryReader, suppliers: Sequence[SupplierEntry], store: SupplierStore
) -> StatementReview:
    """Return which statements of suppliers count for nothing that is registered, and which contradict each other.

    Raises:
        StageError: The registry failed.
    """
    finder = StatementFinder(reader, suppliers, store)
    statements = reader.all_statements()
    counting = finder.counting(statements)
    return review(statements, counting, finder.hits, all_statements=reader.counts().statements)


class StatementFinder:
    """Statements about many vulnerabilities: a BOM that several of them refer to is read once.

    Args:
        reader: The registry.
        suppliers: As they are configured.
        store: The original bytes.
    """

    def __init__(
        self, reader: RegistryReader, suppliers: Sequence[SupplierEntry], store: SupplierStore | None = None
    ) -> None:
        self._reader, self._store = reader, store
        self._speaks_for = {entry.name: entry.products for entry in suppliers}
        self._read: dict[str, ReceivedSbom | None] = {}
        self._found: dict[tuple[VexSubject, str], Located] = {}
        self._hits: dict[PackageName, tuple[RegistryHit, ...]] = {}
        self._documents: dict[VexSubject, tuple[RegisteredDocument, ...]] = {}

    def about(self, names: Iterable[str]) -> StatementSet:
        """Return the statements about a vulnerability that may count, as `statements_about` does."""
        return StatementSet(self.counting(self._reader.statements(names)))

    def counting(
        self, statements: Iterable[tuple[RegisteredDocument, RegisteredStatement]]
    ) -> tuple[SupplierStatement, ...]:
        """Return those of some statements that may count, in their order."""
        return tuple(
            self._located(SupplierStatement(document, statement, self._speaks_for.get(document.supplier, ())))
            for document, statement in statements
            if document.decision is IntakeDecision.ACCEPTED
            and document.current
            and (document.own or document.supplier in self._speaks_for)
        )

    def hits(self, item: SupplierStatement) -> Iterator[RegistryHit]:
        """Yield the components that a statement can be about, of all documents."""
        statement = item.statement
        if statement.package is not None:
            if statement.package not in self._hits:
                self._hits[statement.package] = self._reader.find(statement.package)
            yield from self._hits[statement.package]
        for located in (item.product_at, item.component_at):
            for digest in sorted(located.products):
                yield from self._hit(digest, RegisteredComponent(-1, PackageName("", "", "")))
            for digest, package, version in sorted(located.components):
                yield from self._hit(digest, RegisteredComponent(-1, package, version))
        product = binding_of(statement).product
        if product is not None:
            for document in self._described(product):
                yield RegistryHit(document, RegisteredComponent(-1, PackageName("", "", "")), ordered=False)

    def _described(self, product: VexSubject) -> tuple[RegisteredDocument, ...]:
        """Return the documents whose product may be this one, by its digests, its CPEs, or its name where it has no package URL."""
        if product not in self._documents:
            found = [] if product.purls else [*self._reader.documents_about(product.label)]
            for identifier in (*product.digests, *product.cpes):
                found += self._reader.documents_with(identifier)
            self._documents[product] = tuple(found)
        return self._documents[product]

    def _hit(self, digest: str, component: RegisteredComponent) -> Iterator[RegistryHit]:
        document = self._reader.document(digest)
        if document is not None:
            yield RegistryHit(document, component, ordered=False)

    def _located(self, item: SupplierStatement) -> SupplierStatement:
        binding = item.statement.binding
        if binding is None:
            return item
        return item._replace(
            product_at=self._locate(binding.product, item.document.supplier),
            component_at=self._locate(binding.component, item.document.supplier),
        )

    def _locate(self, subject: VexSubject | None, supplier: str) -> Located:
        if subject is None or not (subject.links or subject.digests):
            return Located()
        key = subject, supplier
        if key not in self._found:
            found = [self._linked(link, subject, supplier) for link in subject.links]
            components = {place for item in found for place in item.components}
            for digest in subject.digests:
                components |= self._with_digest(digest)
            products = frozenset(document for item in found for document in item.products)
            problem = "" if products or components else next((item.problem for item in found), "")
            self._found[key] = Located(products, frozenset(components), problem)
        return self._found[key]

    def _with_digest(self, digest: str) -> set[tuple[str, PackageName, str]]:
        _, _, value = digest.partition(":")
        hits = self._reader.find_by_digest(value)
        return {(hit.document.digest, hit.component.package, hit.component.version) for hit in hits}

    def _linked(self, link: str, subject: VexSubject, supplier: str) -> Located:
        linked = split_link(link)
        if linked is None:
            return Located(problem=f"has a BOM-Link that is none: {excerpt(link)}")
        accepted = [
            found
            for found in self._reader.documents_with(linked.document)
            if found.decision is IntakeDecision.ACCEPTED and found.kind is DocumentKind.SBOM
        ]
        # A serial number is no secret: the supplier's own BOM counts before any other that has the same.
        named = [found for found in accepted if found.supplier == supplier] or accepted
        if not named:
            return Located(problem=f"{NO_BOM}: {excerpt(linked.document)}")
        located = [self._element(found, linked.reference, subject) for found in named]
        return Located(
            frozenset(digest for item in located for digest in item.products),
            frozenset(place for item in located for place in item.components),
            next((item.problem for item in located if item.problem), ""),
        )

    def _element(self, document: RegisteredDocument, reference: str, subject: VexSubject) -> Located:
        editions = frozenset(found.digest for found in self._reader.editions(document)) | {document.digest}
        if not reference:
            return Located(editions)
        sbom = self._sbom(document)
        if sbom is None:
            return Located(
                problem=f"refers to {excerpt(reference)!r} in a BOM whose bytes are missing, or were changed"
            )
        place = next((number for number, found in enumerate(sbom.components) if found.ref == reference), -1)
        if place < 0:
            return Located(problem=f"refers to {excerpt(reference)!r}, which the BOM does not have")
        if place in sbom.roots:
            return Located(editions)
        return _placed(sbom.components[place], subject, editions)

    def _sbom(self, document: RegisteredDocument) -> ReceivedSbom | None:
        """Return a BOM out of its original bytes; None where they are not at hand, or not as they were."""
        if document.digest not in self._read:
            self._read[document.digest] = _parsed(self._store, document.digest) if self._store is not None else None
        return self._read[document.digest]


def _placed(component: SbomComponent, subject: VexSubject, editions: frozenset[str]) -> Located:
    """Return the places of a component that a BOM-Link leads to, in all editions of its BOM."""
    if component.package is None:
        return Located(problem=f"refers to {excerpt(component.ref)!r}, which has no package URL in the BOM")
    package, stated = package_of(component.package), subject.version or subject.versions
    versions = {component.package.version or component.version, component.version or component.package.version}
    if stated and not any(version and same_version(package, "", stated, version) for version in versions):
        return Located(problem=OTHER_VERSION)
    return Located(components=frozenset((digest, package, version) for digest in editions for version in versions))


def _parsed(store: SupplierStore, digest: str) -> ReceivedSbom | None:
    from ops.supply_chain.formats.json_reader import UnexpectedShapeError
    from ops.supply_chain.formats.received.read import read_received

    try:
        return read_received(store.read(digest).data)
    except (StageError, UnexpectedShapeError):
        return None
