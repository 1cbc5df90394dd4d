"""The search in the registry: SBOMs of suppliers' products, and of own releases.

The registry returns the distinct versions of a package, which are few; those that are wanted are decided here, and only the
documents that have one of them are read from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from ops.supply_chain.adapters.files.supplier_store import SupplierStore
from ops.supply_chain.adapters.registry.search import RegistrySearch
from ops.supply_chain.contracts.values.received_sbom import ReceivedSbom
from ops.supply_chain.contracts.values.registry import (
    DocumentKind,
    IntakeDecision,
    RegisteredComponent,
    RegisteredDocument,
    RegisteredVersion,
    RegistryHit,
)
from ops.supply_chain.core.commands import command, quoted
from ops.supply_chain.core.errors import StageError
from ops.supply_chain.core.text import excerpt, plural, printable
from ops.supply_chain.gather.assurance.affected.releases import RetainedSbom
from ops.supply_chain.suppliers.affected.model import Decided, FoundPlace, OtherVersion, PlaceKind, PlaceStatus, Problem
from ops.supply_chain.suppliers.affected.paths import path_to
from ops.supply_chain.suppliers.affected.search import Search, may_mean_another

if TYPE_CHECKING:
    from ops.supply_chain.suppliers.statements import SupplierStatement

MOST_OPENED = 10
"""Documents that are opened to show the place of a component and the way to it: each takes some milliseconds."""

MOST_RESOLVED = 200
"""Documents that are opened to find the version of the source package of a distribution's package."""

_STATABLE = (PlaceStatus.AFFECTED, PlaceStatus.UNDECIDED, PlaceStatus.POSSIBLE)
_DISTRIBUTIONS = frozenset({"apk", "deb"})
GONE = "not retained any more"


class RegistryFound(NamedTuple):
    """Components that are wanted, or may be; and of suppliers' current documents, how many have which other version."""

    hits: tuple[RegistryHit, ...] = ()
    others: tuple[OtherVersion, ...] = ()


def registry_hits(reader: RegistrySearch, search: Search) -> RegistryFound:
    """Return what the registry has of the wanted packages.

    A version that was not asked for is read from own releases only: a product's document is not needed to count it.
    """
    packages = [*search.packages]
    for spelling in search.spellings:
        packages += [found for found in reader.packages(spelling) if may_mean_another(found)]
    wanted: list[int] = []
    clear: dict[int, RegisteredVersion] = {}
    for item in reader.versions(list(dict.fromkeys(packages)), search.sources):
        component = RegisteredComponent(-1, item.package, item.version, item.distribution, item.source)
        decided = search.decide(component)
        if decided is None:
            continue
        by_source = item.source and item.package.type in _DISTRIBUTIONS  # its document has the version that decides
        if decided.status is PlaceStatus.CLEAR and not by_source:
            clear[item.number] = item
        else:
            wanted.append(item.number)
    hits = [*(reader.occurrences(wanted) if wanted else ()), *(reader.occurrences(clear, own=True) if clear else ())]
    counted = reader.products_with(clear) if clear else {}
    others = (
        OtherVersion(shown_package(RegisteredComponent(-1, clear[number].package)), clear[number].version, products)
        for number, products in counted.items()
    )
    return RegistryFound(tuple(hits), tuple(sorted(others)))


def document_places(
    hits: Iterable[RegistryHit],
    search: Search,
    *,
    opener: DocumentOpener,
    newer: Mapping[str, RegisteredDocument],
    held: Mapping[tuple[str, str], str],
    statements: Sequence[SupplierStatement] = (),
) -> Iterator[FoundPlace]:
    """Yield the places of components in documents, each component once.

    Args:
        hits: From the registry, and from releases that it does not have.
        search: What is wanted.
        opener: Opens documents.
        newer: Digest of a document that is not accepted -> the current one of the same product.
        held: Component and version of each retained release -> the day since which it is retained.
        statements: Those of suppliers about the vulnerability that was asked for.
    """
    for hit in hits:
        component = opener.resolved(hit)
        decided = search.decide(component)
        if decided is None:
            continue
        if component.source and component.package.type in _DISTRIBUTIONS and not opener.is_resolved(hit):
            decided = Decided(
                PlaceStatus.UNDECIDED, "its document was not opened to find the version of its source package"
            )
        place = _place(hit, component, decided, newer.get(hit.document.digest), held)
        yield _with_statement(place, hit, statements) if place.ids and statements else place


def _with_statement(place: FoundPlace, hit: RegistryHit, statements: Sequence[SupplierStatement]) -> FoundPlace:
    """Return a place with the statement that counts for it; those that lose are remarks."""
    from ops.supply_chain.suppliers.statements import SupplierStatement, effective

    found = effective(hit, place.ids, statements)
    remarks = [f"{_statement(item)}, which does not count against another one" for item in found.conflicts]
    remarks += [f"{_statement(item)}, which may be about it and does not count" for item in found.possible]
    place = msgspec.structs.replace(place, seen=(*place.seen, *remarks))
    if found.statement is None or found.document is None or place.status not in _STATABLE:
        return place
    by = _statement(SupplierStatement(found.document, found.statement))
    status = PlaceStatus.STATED if found.closes else place.status
    return msgspec.structs.replace(place, status=status, by=by)


def _statement(item: SupplierStatement) -> str:
    """Return who states what, since when, and in which document."""
    statement, document = item.statement, item.document
    who = "own statement" if document.own else printable(document.supplier) or "(no supplier)"
    why = statement.justification or statement.detail
    reason = f": {excerpt(why)}" if why else ""
    day = f" on {statement.stated[:10]}" if statement.stated else ""
    return f"{who} states {statement.status}{day}{reason} ({printable(document.name)})"


def digest_place(hit: RegistryHit, newer: RegisteredDocument | None, held: Mapping[tuple[str, str], str]) -> FoundPlace:
    """Return the place of a component that has a digest, or of a document that is what was asked for."""
    return _place(hit, hit.component, Decided(PlaceStatus.AFFECTED), newer, held)


def _place(
    hit: RegistryHit,
    component: RegisteredComponent,
    decided: Decided,
    newer: RegisteredDocument | None,
    held: Mapping[tuple[str, str], str],
) -> FoundPlace:
    document = hit.document
    since, reason = "", decided.reason
    if document.own:
        since = held.get((document.product, document.product_version), "")
        reason = "; ".join(filter(None, (reason, "" if since else GONE)))
        since = since or document.ingested[:10]
    status, trusted = _status(document, decided.status, newer)
    return FoundPlace(
        kind=PlaceKind.RELEASE if document.own else PlaceKind.SUPPLIER,
        status=status,
        owner=owner_of(document),
        package=shown_package(component),
        version=component.version,
        where=printable(document.name),
        reason="; ".join(filter(None, (trusted, reason))),
        since=since,
        fixed=decided.fixed,
        ids=decided.ids,
        document=document.digest,
        name=document.product if document.own else document.supplier,
        product=document.product,
        release=document.product_version,
        at=hit.component.place,
    )


def _status(
    document: RegisteredDocument, status: PlaceStatus, newer: RegisteredDocument | None
) -> tuple[PlaceStatus, str]:
    """Return the status of what a document lists, and what about the document leads to it."""
    if document.decision is not IntakeDecision.ACCEPTED:
        if newer is not None and (newer.stated, newer.ingested) >= (document.stated, document.ingested):
            return PlaceStatus.SUPERSEDED, f"the document was {document.decision.value}, and a newer one was accepted"
        if status is PlaceStatus.CLEAR:
            return status, f"the document was {document.decision.value}"
        why = excerpt(document.reasons[0].message) if document.reasons else "no reason is recorded"
        return PlaceStatus.UNTRUSTED, f"{document.decision.value}: {why}"
    if not document.current and not document.own:
        return PlaceStatus.SUPERSEDED, "a newer document of this product was accepted"
    return status, ""


def owner_of(document: RegisteredDocument) -> str:
    """Return what a document describes, for people."""
    if document.own:
        return f"{printable(document.product)} {printable(document.product_version)}"
    product = " ".join(
        filter(None, (printable(document.product) or printable(document.name), printable(document.product_version)))
    )
    return f"{printable(document.supplier) or '(no supplier)'}: {product}"


def shown_package(component: RegisteredComponent) -> str:
    """Return a component's package for people: a name of PyPI, else its package URL, else its name; for a document itself, that."""
    package = component.package
    if not (package.type or package.name):
        return "the document itself"
    if package.type == "pypi":
        return package.name
    path = "/".join(filter(None, (package.namespace, package.name)))
    return printable(package.name if package.weak else f"pkg:{package.type}/{path}")


def newer_documents(reader: RegistrySearch, hits: Iterable[RegistryHit]) -> dict[str, RegisteredDocument]:
    """Return, for the documents of hits that are not accepted, the current one of the same product, if it has one."""
    found: dict[str, RegisteredDocument] = {}
    asked: dict[tuple[str, str, str], RegisteredDocument | None] = {}
    for hit in hits:
        document = hit.document
        if document.decision is IntakeDecision.ACCEPTED or document.own:
            continue
        key = (document.supplier, document.product, document.product_version)
        if key not in asked:
            asked[key] = reader.current(*key)
        newer = asked[key]
        if newer is not None:
            found[document.digest] = newer
    return found


class DocumentOpener:
    """Opens the stored documents, each once, and only so many.

    Args:
        store: The documents of suppliers.
        sboms: Those of retained releases.
    """

    def __init__(self, store: SupplierStore, sboms: Sequence[RetainedSbom]) -> None:
        self._store = store
        self._own = {sbom.digest: sbom for sbom in sboms}
        self._opened: dict[str, ReceivedSbom | None] = {}

    def open(self, document: RegisteredDocument, most: int) -> ReceivedSbom | None:
        """Return a document; None where it is not there, cannot be read, or too many were opened."""
        digest = document.digest
        if digest not in self._opened:
            if len(self._opened) >= most:
                return None
            self._opened[digest] = None
            with suppress(StageError):
                data = self._own[digest].data if digest in self._own else self._store.read(digest).data
                self._opened[digest] = _read(data)
        return self._opened[digest]

    def resolved(self, hit: RegistryHit) -> RegisteredComponent:
        """Return a component; of a distribution's package, with the version of its source package, as its document has it."""
        component = hit.component
        if not component.source or component.package.type not in _DISTRIBUTIONS:
            return component
        sbom = self.open(hit.document, MOST_RESOLVED)
        if sbom is None or not 0 <= component.place < len(sbom.components):
            return component
        package = sbom.components[component.place].package
        source = dict(package.qualifiers).get("upstream", "") if package else ""
        return component._replace(source=source.lower()) if source else component

    def is_resolved(self, hit: RegistryHit) -> bool:
        """Return whether the document of a hit was opened."""
        return self._opened.get(hit.document.digest) is not None

    def located(self, place: FoundPlace, document: RegisteredDocument) -> FoundPlace:
        """Return a place with where it is in its document, and the way to it; unchanged where that cannot be shown."""
        sbom = self.open(document, MOST_OPENED) if place.document and place.at >= 0 else None
        if sbom is None or place.at >= len(sbom.components):
            return place
        location = printable(sbom.locations[place.at])
        path = tuple(map(printable, path_to(sbom, place.at)))
        return msgspec.structs.replace(place, where=f"{place.where}#{location}", path=path)


def _read(data: bytes) -> ReceivedSbom | None:
    from ops.supply_chain.formats.json_reader import UnexpectedShapeError
    from ops.supply_chain.formats.received.read import read_received

    try:
        return read_received(data)
    except UnexpectedShapeError:
        return None


def missing_documents(reader: RegistrySearch, store: SupplierStore) -> tuple[Problem, ...]:
    """Return what is stored and not in the registry: a run that was killed left it."""
    stored = set(store.digests())
    missing = stored - reader.digests(own=False) if stored else set()
    if not missing:
        return ()
    count = f"{len(missing):,} stored document{'s are' if len(missing) != 1 else ' is'}"
    return (Problem(f"{count} not in the registry", f"Fill it again: {command('supplier', '--rebuild')}"),)


def unread_documents(reader: RegistrySearch) -> tuple[tuple[Problem, ...], tuple[str, ...], int]:
    """Return what documents cannot show: problems, notes, and how many SBOMs of suppliers were searched."""
    groups = [group for group in reader.groups() if not group.own and group.kind is DocumentKind.SBOM]
    unread = sum(group.documents for group in groups if not group.read and group.known)
    strange = sum(group.documents for group in groups if not group.read and not group.known)
    held = sum(group.documents for group in groups if group.read and group.decision is not IntakeDecision.ACCEPTED)
    searched = sum(group.documents for group in groups if group.read and group.current)
    problems, notes = [], []
    status = command("supplier", "--status")
    if unread:
        problems.append(Problem(f"{plural(unread, 'document')} of suppliers could not be read", f"See which: {status}"))
    for supplier, products in reader.products_without_document():
        name = printable(supplier)
        text = f"{plural(products, 'product')} of {name} {'has' if products == 1 else 'have'} no accepted document"
        problems.append(Problem(text, command("supplier", "--request", quoted(name))))
    if strange:
        notes.append(f"{plural(strange, 'file')} of no supplier could not be read: {status}")
    if held:
        notes.append(f"{plural(held, 'document')} quarantined or refused: what is not listed there proves nothing")
    return tuple(problems), tuple(notes), searched
