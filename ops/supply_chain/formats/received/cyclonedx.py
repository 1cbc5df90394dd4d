"""CycloneDX 1.x, JSON or XML: one builder that takes the parts of a document as they come.

JSON gives all parts at once, XML one after another, so that a large document never exists as a tree beside its result.
Nested components, cycles and repeated references are normal in documents that are in use; nothing here recurses.

Source: https://cyclonedx.org/docs/1.7/json/ and the schemas of 1.2 to 1.7,
https://github.com/CycloneDX/specification/tree/master/schema
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import Any

from ops.supply_chain.contracts.values.received_sbom import (
    NO_COMPONENT,
    DefectKind,
    EdgeKind,
    ReceivedSbom,
    SbomCompleteness,
    SbomComponent,
    SbomStandard,
    SbomSyntax,
)
from ops.supply_chain.core.text import excerpt
from ops.supply_chain.formats.bom_links import is_link
from ops.supply_chain.formats.json_reader import UnexpectedShapeError
from ops.supply_chain.formats.received.collect import Collector, EdgeBuilder, Table, place_of
from ops.supply_chain.formats.received.comments import SEPARATE
from ops.supply_chain.formats.received.cyclonedx_fields import FieldReader, signature_gaps
from ops.supply_chain.formats.received.cyclonedx_statements import Statements
from ops.supply_chain.formats.received.quick_json import MOST_PIECES, PieceCache

JSON_VERSIONS = ("1.2", "1.3", "1.4", "1.5", "1.6", "1.7")
VERSIONS = ("1.0", "1.1", *JSON_VERSIONS)
"""Versions in XML; JSON began with 1.2."""

_MAJOR = re.compile(r"1\.[0-9]{1,2}")
_MOST_DIGITS = 9
_SERIAL = re.compile(r"urn:uuid:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_UNKNOWN_PROPERTIES = ("sealwright:unknown", "sealwright:withheld")


class CycloneDxBuilder:
    """Builds one document from its parts.

    Args:
        version: Of the standard, as written.
        syntax: JSON or XML.
    Raises:
        UnexpectedShapeError: Of another major version.
    """

    def __init__(self, version: str, syntax: SbomSyntax) -> None:
        if not _MAJOR.fullmatch(version):
            raise UnexpectedShapeError(f"is CycloneDX of the version {excerpt(version)!r}, which is not read")
        self._collector = Collector()
        self._edges = EdgeBuilder(self._collector)
        self._statements = Statements(self._collector)
        self._syntax = syntax
        self._components: list[SbomComponent] = []
        self._locations: list[str] = []
        self._positions: dict[str, int] = {}
        self._nested: list[tuple[int, int]] = []
        self._others: set[str] = set()
        self._described: set[str] = set()
        self._compositions: list[tuple[str, Table]] = []
        self._read = FieldReader(self._collector)
        self._fields: dict[str, Any] = {"version": version}
        self._without: frozenset[str] = frozenset()
        self._known: PieceCache[SbomComponent] = PieceCache()
        expected = VERSIONS if syntax is SbomSyntax.XML else JSON_VERSIONS
        if version not in expected:
            # It has no schema, so a part of it that no version here has would not be noticed.
            self._collector.defect(
                DefectKind.UNREAD,
                "/specVersion",
                f"expected a version from {expected[0]} to {expected[-1]}, found {excerpt(version)!r}",
            )

    def document(
        self, document: Table, pieces: Sequence[bytes] = (), without: frozenset[str] = frozenset()
    ) -> ReceivedSbom:
        """Read a document that was parsed as a whole.

        Args:
            document: As JSON has it; its list of components is emptied while they are read.
            pieces: The bytes of each component, where they are known: what was read once is not read again.
            without: Fields of components that are not read.
        """
        self._without = without
        self._known = _KNOWN.setdefault(without, PieceCache())
        self.head(document)
        self.metadata(self._collector.table(document, "metadata", ""))
        self._all_components(document, pieces)
        self._rows(document, "services", self.service)
        if not self._plain_dependencies(document.get("dependencies")):
            self._rows(document, "dependencies", self.dependency)
        self._rows(document, "compositions", self.composition)
        self._rows(document, "vulnerabilities", self.vulnerability)
        return self.finish()

    def head(self, document: Table) -> None:
        """Take the fields of the document itself: serial number, version, signature."""
        serial = self._collector.text(document, "serialNumber", "")
        if serial and not _SERIAL.fullmatch(serial.lower()):
            self._collector.defect(
                DefectKind.VALUE, "/serialNumber", f"expected urn:uuid: and a UUID, found {excerpt(serial)!r}"
            )
        revision = document.get("version")
        if isinstance(revision, str) and revision.isascii() and revision.isdigit() and len(revision) <= _MOST_DIGITS:
            revision = int(revision)
        if revision is not None and (not isinstance(revision, int) or isinstance(revision, bool) or revision < 1):
            self._collector.unread("/version", "a number from 1", revision)
            revision = None
        signature = document.get("signature")
        self._fields.update(
            identifier=serial,
            revision=revision,
            has_signature=signature is not None,
            signature_gaps=tuple(signature_gaps(signature)),
            lists_vulnerabilities=isinstance(document.get("vulnerabilities"), list),
        )

    def metadata(self, node: Table) -> None:
        """Take the metadata, with the component that the document describes."""
        collector, at = self._collector, "/metadata"
        authors = [self._read.party(row, here, "person") for here, row in collector.rows(node, "authors", at)]
        for key in ("manufacturer", "manufacture"):
            maker = self._read.organisation(node, key, at)
            if maker is not None:
                authors.insert(0, maker)
                break
        self._fields.update(
            timestamp=collector.timestamp(collector.text(node, "timestamp", at), f"{at}/timestamp"),
            authors=tuple(party for party in authors if party is not None),
            supplier=self._read.organisation(node, "supplier", at),
            tools=tuple(self._read.tools(node)),
            phases=tuple(
                filter(
                    None,
                    (
                        collector.text(row, "phase", here) or collector.text(row, "name", here)
                        for here, row in collector.rows(node, "lifecycles", at)
                    ),
                )
            ),
            licences=self._read.licences(node, at) if "licenses" in node else (),
            properties=tuple(self._read.properties(node, at)),
        )
        described = collector.table(node, "component", at)
        if described:
            self._fields["roots"] = (len(self._components),)
            self.component(described, place_of(described, f"{at}/component"))

    def component(self, node: Table, location: str) -> None:
        """Take one component with everything that is nested in it."""
        if "components" not in node:  # nearly all
            self._place(self._component(node, location, NO_COMPONENT), location)
            return
        pending: list[tuple[Table, str, int]] = [(node, location, NO_COMPONENT)]
        while pending:
            here, at, parent = pending.pop()
            position = len(self._components)
            self._place(self._component(here, at, parent), at)
            if parent != NO_COMPONENT:
                self._nested.append((parent, position))
            if "components" in here:
                pending += [
                    (row, inner, position) for inner, row in reversed(self._collector.rows(here, "components", at))
                ]

    def _place(self, found: SbomComponent, at: str) -> None:
        position = len(self._components)
        self._components.append(found)
        self._locations.append(at)
        if found.ref and self._positions.setdefault(found.ref, position) != position:
            self._collector.defect(
                DefectKind.REPEATED, at, f"bom-ref {excerpt(found.ref)!r} belongs to another component as well"
            )

    def service(self, node: Table, location: str) -> None:
        """Take one service: it is no component, and edges may lead to it."""
        pending = [(node, location)]
        while pending:
            here, at = pending.pop()
            self._others.add(self._collector.text(here, "bom-ref", at))
            pending += [(row, inner) for inner, row in self._collector.rows(here, "services", at)]

    def dependency(self, node: Table, location: str) -> None:
        """Take what one component depends on."""
        ref = self._collector.text(node, "ref", location)
        if not ref:
            self._collector.defect(DefectKind.MISSING, location, "expected 'ref', found none")
            return
        if ref in self._described:
            self._collector.defect(
                DefectKind.REPEATED,
                location,
                f"a second entry of dependencies for {excerpt(ref)!r}: they count together",
            )
        self._described.add(ref)
        self._edges.state(ref, location)
        for key, kind in (("dependsOn", EdgeKind.DEPENDS_ON), ("provides", EdgeKind.PROVIDES)):
            if key in node:
                for target in self._collector.texts(node, key, location):
                    self._edges.add(ref, target, kind, location)

    def composition(self, node: Table, location: str) -> None:
        """Take one statement about completeness."""
        self._compositions.append((location, node))

    def vulnerability(self, node: Table, location: str) -> None:
        """Take one vulnerability with its analysis."""
        self._others.add(self._collector.text(node, "bom-ref", location))
        self._fields["lists_vulnerabilities"] = True
        self._statements.add(node, location)

    def finish(self) -> ReceivedSbom:
        """Return the document, with every reference as a position."""
        positions, others = self._positions, frozenset(self._others)
        edges = self._edges.build(positions, self._nested, others=others, components=len(self._components))
        completeness = tuple(self._completeness(positions, others))
        statements = self._statements.build(positions, others)
        return ReceivedSbom(
            standard=SbomStandard.CYCLONEDX,
            syntax=self._syntax,
            components=tuple(self._components),
            locations=tuple(self._locations),
            edges=edges,
            completeness=completeness,
            statements=statements,
            defects=self._collector.defects,
            defect_count=self._collector.defect_count,
            **self._fields,
        )

    def _rows(self, document: Table, key: str, take: Callable[[Table, str], None]) -> None:
        for at, row in self._collector.rows(document, key, ""):
            take(row, at)

    def _plain_dependencies(self, rows: Any) -> bool:
        """Take all entries, if each has the plainest form and is the only one of its component; return False otherwise."""
        if rows.__class__ is not list or set(map(type, rows)) != {dict}:
            return False
        if not _PLAIN_DEPENDENCY.issuperset(chain.from_iterable(rows)):
            return False
        refs = [row.get("ref") for row in rows]
        targets = [row.get("dependsOn", ()) for row in rows]
        if set(map(type, refs)) != _ONLY_TEXTS or not {list, tuple}.issuperset(map(type, targets)) or "" in refs:
            return False
        described = set(refs)
        if len(described) != len(refs) or not described.isdisjoint(self._described):
            return False
        if not _ONLY_TEXTS.issuperset(map(type, chain.from_iterable(targets))):
            return False
        self._described |= described
        self._edges.add_rows(refs, targets, EdgeKind.DEPENDS_ON, "/dependencies/")
        return True

    def _all_components(self, document: Table, pieces: Sequence[bytes]) -> None:
        """Take the list of components and empty it meanwhile, so that it and the result never exist whole at once."""
        rows = document.get("components")
        if rows is None:
            return
        if not isinstance(rows, list):
            self._collector.unread("/components", "an array", rows)
            return
        known = self._known.get_all(pieces) if pieces else [None] * len(rows)
        start = 0
        for at, component in enumerate(known):
            if component is None:
                self._place_known(known, start, at)
                self._one_component(rows, at, pieces[at] if pieces else b"")
                start = at + 1
        self._place_known(known, start, len(known))

    def _place_known(self, known: Sequence[SbomComponent | None], start: int, end: int) -> None:
        """Take components that were read before, from one place of the list of components to another."""
        if start == end:
            return
        found = [component for component in known[start:end] if component is not None]
        first = len(self._components)
        refs = dict(zip([component.ref for component in found], range(first, first + len(found)), strict=True))
        if len(refs) != len(found) or "" in refs or not refs.keys().isdisjoint(self._positions):
            for at, component in enumerate(found, start):
                self._place(component, f"/components/{at}")
            return
        self._components += found
        self._locations += _pointers(end)[start:end]
        self._positions.update(refs)

    def _one_component(self, rows: list[Any], at: int, piece: bytes) -> None:
        row, location = rows[at], f"/components/{at}"
        rows[at] = None
        if not isinstance(row, dict):
            self._collector.unread(location, "an object", row)
        elif piece:
            self._shared_component(row, location, piece)
        else:
            self.component(self._wanted(row), location)

    def _wanted(self, node: Table) -> Table:
        """Return a component without the fields that are not read: a copy, because readings share what was parsed."""
        return {key: value for key, value in node.items() if key not in self._without} if self._without else node

    def _shared_component(self, node: Table, location: str, piece: bytes) -> None:
        """Take a component that other documents may have, too: one without defects and without others in it is kept."""
        position, defects = len(self._components), self._collector.defect_count
        self.component(self._wanted(node), location)
        if len(self._components) == position + 1 and self._collector.defect_count == defects:
            self._known.keep(piece, self._components[-1])

    def _component(self, node: Table, at: str, parent: int) -> SbomComponent:
        collector = self._collector
        texts = [node.get(key, "") for key in _TEXTS]
        if set(map(type, texts)) != _ONLY_TEXTS:  # hardly ever, and documents are large
            texts = [collector.text(node, key, at) for key in _TEXTS]
        ref, kind, group, name, version, purl, cpe, scope = texts
        if not name:
            collector.defect(DefectKind.MISSING, at, "expected 'name', found none")
        properties = tuple(self._read.properties(node, at)) if "properties" in node else ()
        return SbomComponent(
            ref,
            name,
            version,
            kind,
            group,
            purl,
            collector.package(purl, at) if purl else None,
            (cpe,) if cpe else (),
            self._read.identifiers(node, at),
            self._read.digests(node, "hashes", at) if "hashes" in node else (),
            self._read.licences(node, at) if "licenses" in node else (),
            self._read.organisation(node, "supplier", at) if "supplier" in node else None,
            self._read.organisation(node, "manufacturer", at) if "manufacturer" in node else None,
            self._read.component_authors(node, at),
            "",
            scope,
            parent,
            tuple(sorted({value for name, value in properties if name in _UNKNOWN_PROPERTIES})) if properties else (),
            self._read.references(node, at) if "externalReferences" in node else (),
            properties,
            node.get("isExternal") in (True, "true") or SEPARATE in properties,
        )

    def _completeness(self, positions: dict[str, int], others: frozenset[str]) -> Iterator[SbomCompleteness]:
        for at, node in self._compositions:
            found: list[tuple[int, ...]] = []
            for key in ("assemblies", "dependencies"):
                refs = self._collector.texts(node, key, at)
                found.append(tuple(positions[ref] for ref in refs if ref in positions))
                for ref in refs:
                    if ref not in positions and ref not in others and not is_link(ref):
                        self._collector.defect(
                            DefectKind.REFERENCE, at, f"refers to {excerpt(ref)!r}, which the document does not have"
                        )
            yield SbomCompleteness(self._collector.text(node, "aggregate", at), *found)


_KNOWN: dict[frozenset[str], PieceCache[SbomComponent]] = {}
"""Components that were read, by the fields that were not."""


def _pointers(count: int) -> list[str]:
    """Return the locations of at least so many components; documents share the texts."""
    if count > MOST_PIECES:
        return [f"/components/{at}" for at in range(count)]
    _POINTERS.extend(f"/components/{at}" for at in range(len(_POINTERS), count))
    return _POINTERS


_POINTERS: list[str] = []
_ONLY_TEXTS = {str}
_PLAIN_DEPENDENCY = {"ref", "dependsOn"}
_TEXTS = ("bom-ref", "type", "group", "name", "version", "purl", "cpe", "scope")
