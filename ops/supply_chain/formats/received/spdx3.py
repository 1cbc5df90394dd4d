"""SPDX 3.0 JSON-LD: the elements of the graph, in any order and nested or not, as one document.

Relationships are elements of their own; agents, licences and digests are reached by reference. Identifiers are compared as
written, and the end of a full address counts for the names of the vocabulary.

Source: https://spdx.github.io/spdx-spec/v3.0.1/ (Core, Software, SimpleLicensing) and its JSON-LD serialisation
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ops.supply_chain.contracts.values.received_sbom import (
    NO_COMPONENT,
    DefectKind,
    EdgeKind,
    ReceivedSbom,
    SbomCompleteness,
    SbomComponent,
    SbomDigest,
    SbomLicence,
    SbomParty,
    SbomReference,
    SbomStandard,
    SbomSyntax,
)
from ops.supply_chain.core.text import excerpt
from ops.supply_chain.formats.received.collect import NO_ASSERTION, NO_LICENCE, Collector, EdgeBuilder, Table, tool_of
from ops.supply_chain.formats.received.comments import SEPARATE, delivery_in, unknown_in
from ops.supply_chain.formats.received.spdx3_artifacts import NO_ARTIFACT, Artifact, artifacts_of, references_of
from ops.supply_chain.formats.received.spdx3_types import (
    AGENTS,
    COMPONENTS,
    DEVELOPMENT,
    EDGES,
    EXTENTS,
    frame_problems,
    is_known,
    kind_of_element,
)

VERSIONS = ("3.0.0", "3.0.1")

_UNKNOWN = frozenset({"NOASSERTION", "NONE", "NoAssertionElement", "NoneElement"})
_NO_LICENCE_ENDS = ("/NoneElement", "/NoneLicense", "expandedlicensing_NoneLicense")
_LONGEST_CHAIN = 4
"""The document's root is an SBOM, perhaps a bundle, whose root is the package."""


def read_spdx3(document: Table) -> ReceivedSbom:
    """Read a document.

    Args:
        document: An object whose `@context` is that of SPDX 3.
    """
    return _Reader(document).read()


class _Reader:
    def __init__(self, document: Table) -> None:
        self._document = document
        self._collector = Collector()
        self._edges = EdgeBuilder(self._collector)
        self._elements: dict[str, tuple[str, Table]] = {}
        self._typed: dict[str, list[tuple[str, Table]]] = {}
        self._positions: dict[str, int] = {}
        self._components: list[SbomComponent] = []
        self._locations: list[str] = []
        self._licences: dict[str, list[SbomLicence]] = {}
        self._unknown: dict[str, list[str]] = {}
        self._extent: dict[str, list[str]] = {}
        self._artifacts: dict[str, Artifact] = {}
        for at, element in self._all(document):
            kind = kind_of_element(element)
            if not is_known(kind):
                self._unread_type(element, at)
            if not kind:
                continue
            self._typed.setdefault(kind, []).append((at, element))
            name = self._name(element)
            if name and self._elements.setdefault(name, (at, element))[1] is not element:
                self._collector.defect(
                    DefectKind.REPEATED, at, f"{excerpt(name)!r} is the identifier of another element as well"
                )

    def _unread_type(self, element: Table, at: str) -> None:
        """Note an object that could be a component; what is inside an extension follows no rule."""
        if "/extension/" not in at:
            kind = element.get("type", element.get("@type"))
            self._collector.defect(
                DefectKind.UNREAD, at, f"expected a type of SPDX 3, found {excerpt(kind) if kind else 'none'}"
            )

    def read(self) -> ReceivedSbom:
        collector = self._collector
        own_at, own = next(iter(self._typed.get("SpdxDocument", ())), ("", {}))
        creation_at, creation = self._creation(own)
        self._read_licences()
        self._artifacts = artifacts_of(
            ((word, node, sources, targets) for _, node, word, sources, targets in self._each_relationship()),
            self._elements,
            lambda node, at: tuple(self._digests(node, at)),
        )
        for kind in self._typed:
            if kind in COMPONENTS:
                for at, node in self._typed[kind]:
                    self._component(node, at, kind)
        self._relationships()
        roots = self._roots()
        version = collector.text(creation, "specVersion", creation_at)
        if version not in VERSIONS:
            collector.defect(DefectKind.VALUE, creation_at, f"expected specVersion 3.0.1, found {excerpt(version)!r}")
        others = frozenset(self._elements) | _UNKNOWN
        created = collector.text(creation, "created", creation_at)
        comment = collector.text(creation, "comment", creation_at)
        return ReceivedSbom(
            standard=SbomStandard.SPDX,
            version=version,
            syntax=SbomSyntax.JSON_LD,
            identifier=self._name(own),
            name=collector.text(own, "name", own_at),
            timestamp=collector.timestamp(created, creation_at),
            authors=tuple(self._parties(creation, "createdBy", creation_at)),
            tools=tuple(
                tool_of(collector.text(node, "name", at))
                for at, node in self._objects(creation, "createdUsing", creation_at)
            ),
            properties=tuple(("sealwright:unknown", element) for element in unknown_in(comment)),
            phases=tuple(
                phase
                for at, node in self._typed.get("software_Sbom", ())
                for phase in collector.texts(node, "software_sbomType", at)
            ),
            roots=roots,
            components=tuple(self._components),
            locations=tuple(self._locations),
            edges=self._edges.build(self._positions, (), others=others, components=len(self._components)),
            completeness=self._completeness(),
            defects=collector.defects,
            defect_count=collector.defect_count,
        )

    def _all(self, document: Table) -> Iterator[tuple[str, Table]]:
        """Yield every object of the graph with its JSON pointer, those inside others included, in document order."""
        for at, message in frame_problems(document):
            self._collector.defect(DefectKind.UNREAD, at, message)
        if "@graph" in document:
            pending: list[tuple[str, Any]] = [("/@graph", document["@graph"])]
            if not isinstance(document["@graph"], list):
                self._collector.unread("/@graph", "an array", document["@graph"])
        else:
            pending = [("", {key: value for key, value in document.items() if key != "@context"})]
        while pending:
            at, value = pending.pop()
            if isinstance(value, dict):
                yield at, value
                inner = [(f"{at}/{key}", child) for key, child in value.items() if isinstance(child, dict | list)]
            elif isinstance(value, list):
                inner = [
                    (f"{at}/{place}", child) for place, child in enumerate(value) if isinstance(child, dict | list)
                ]
                if at == "/@graph":
                    for place, child in enumerate(value):
                        if not isinstance(child, dict):
                            self._collector.unread(f"{at}/{place}", "an object", child)
            else:
                continue
            pending.extend(reversed(inner))

    def _name(self, element: Table) -> str:
        value = element.get("spdxId", element.get("@id"))
        return value if isinstance(value, str) else ""

    def _objects(self, node: Table, key: str, at: str) -> Iterator[tuple[str, Table]]:
        """Yield the elements of a field: written out, or by identifier. One that the document does not have is a defect."""
        value = node.get(key)
        entries = value if isinstance(value, list) else [] if value is None else [value]
        for place, entry in enumerate(entries):
            if isinstance(entry, dict):
                yield f"{at}/{key}/{place}", entry
            elif not isinstance(entry, str):
                self._collector.unread(f"{at}/{key}/{place}", "a text or an object", entry)
            elif entry in self._elements:
                yield self._elements[entry]
            elif entry not in _UNKNOWN and not self._is_external(entry):
                self._collector.defect(
                    DefectKind.REFERENCE,
                    f"{at}/{key}",
                    f"refers to {excerpt(entry)!r}, which the document does not have",
                )

    def _is_external(self, ref: str) -> bool:
        return any(
            entry.get("externalSpdxId") == ref
            for at, node in self._typed.get("SpdxDocument", ())
            for _, entry in self._collector.rows(node, "import", at)
        )

    def _refs(self, node: Table, key: str, at: str) -> list[str]:
        value = node.get(key)
        entries = value if isinstance(value, list) else [] if value is None else [value]
        found = []
        for place, entry in enumerate(entries):
            if isinstance(entry, str):
                found.append(entry)
            elif isinstance(entry, dict):
                found.append(self._name(entry))
            else:
                self._collector.unread(f"{at}/{key}/{place}", "a text or an object", entry)
        return [ref for ref in found if ref]

    def _creation(self, own: Table) -> tuple[str, Table]:
        for at, node in self._objects(own, "creationInfo", ""):
            return at, node
        return next(iter(self._typed.get("CreationInfo", ())), ("", {}))

    def _parties(self, node: Table, key: str, at: str) -> Iterator[SbomParty]:
        for here, agent in self._objects(node, key, at):
            addresses: dict[str, str] = {}
            for inner, row in self._objects(agent, "externalIdentifier", here):
                kind = "email" if row.get("externalIdentifierType") == "email" else "url"
                addresses.setdefault(kind, self._collector.text(row, "identifier", inner))
            name = self._collector.text(agent, "name", here)
            yield SbomParty(
                "" if name == NO_ASSERTION else name,
                AGENTS.get(kind_of_element(agent), ""),
                addresses.get("email", ""),
                addresses.get("url", ""),
            )

    def _component(self, node: Table, at: str, kind: str) -> None:
        collector = self._collector
        ref, name = self._name(node), collector.text(node, "name", at)
        if not name:
            collector.defect(DefectKind.MISSING, at, "expected 'name', found none")
        purl, cpes, identifiers = self._identifiers(node, at)
        version = collector.text(node, "software_packageVersion", at)
        location = collector.text(node, "software_downloadLocation", at)
        comment = collector.text(node, "comment", at)
        artifact, delivery = self._artifacts.get(ref, NO_ARTIFACT), delivery_in(comment)
        position = len(self._components)
        self._locations.append(at)
        self._components.append(
            SbomComponent(
                ref=ref,
                name=name,
                version="" if version == NO_ASSERTION else version,
                type="file" if kind == "software_File" else collector.text(node, "software_primaryPurpose", at).lower(),
                purl=purl,
                package=collector.package(purl, at) if purl else None,
                cpes=cpes,
                identifiers=identifiers,
                digests=tuple(self._digests(node, at)),
                licences=tuple(self._licences.get(ref, ())),
                supplier=next(self._parties(node, "suppliedBy", at), None),
                producer=next(self._parties(node, "originatedBy", at), None),
                parent=NO_COMPONENT,
                file_name=artifact.file_name,
                unknown=tuple(sorted((*self._unknown.get(ref, ()), *unknown_in(comment)))),
                references=(
                    *((SbomReference("distribution", location),) if location not in ("", NO_ASSERTION) else ()),
                    *references_of(node),
                    *artifact.references,
                ),
                properties=(*delivery, *artifact.properties),
                external=SEPARATE in delivery,
            )
        )
        if ref:
            self._positions.setdefault(ref, position)

    def _identifiers(self, node: Table, at: str) -> tuple[str, tuple[str, ...], tuple[tuple[str, str], ...]]:
        purl = self._collector.text(node, "software_packageUrl", at)
        cpes: list[str] = []
        identifiers: list[tuple[str, str]] = []
        for here, row in self._objects(node, "externalIdentifier", at):
            kind = self._collector.text(row, "externalIdentifierType", here)
            value = self._collector.text(row, "identifier", here)
            if kind in ("packageURL", "packageUrl"):
                if purl and value and value != purl:
                    identifiers.append(("purl", value))
                    self._collector.defect(
                        DefectKind.REPEATED, at, f"a second package URL, {excerpt(value)!r}: the first one counts"
                    )
                purl = purl or value
            elif kind in ("cpe22", "cpe23"):
                cpes.append(value)
            elif value:
                identifiers.append((kind or "other", value))
        return purl, tuple(cpes), tuple(identifiers)

    def _digests(self, node: Table, at: str) -> Iterator[SbomDigest]:
        for here, row in self._objects(node, "verifiedUsing", at):
            if "hashValue" in row:
                digest = self._collector.digest(
                    self._collector.text(row, "algorithm", here), self._collector.text(row, "hashValue", here), here
                )
                if digest is not None:
                    yield digest

    def _each_relationship(self) -> Iterator[tuple[str, Table, str, list[str], list[str]]]:
        for kind in list(self._typed):
            if kind.endswith("Relationship"):
                for at, node in self._typed[kind]:
                    word = self._collector.text(node, "relationshipType", at)
                    yield at, node, word, self._refs(node, "from", at), self._refs(node, "to", at)

    def _read_licences(self) -> None:
        for at, _, word, sources, targets in self._each_relationship():
            basis = {"hasDeclaredLicense": "declared", "hasConcludedLicense": "concluded"}.get(word)
            if basis is None:
                continue
            for source in sources:
                for target in targets:
                    self._licence(source, target, basis, at)

    def _licence(self, source: str, target: str, basis: str, at: str) -> None:
        here, element = self._elements.get(target, ("", {}))
        expression = self._collector.text(element, "simplelicensing_licenseExpression", here)
        name = "" if expression else self._collector.text(element, "name", here)
        if (
            not expression
            and not name
            and target.startswith(("https://spdx.org/licenses/", "http://spdx.org/licenses/"))
        ):
            expression = target.rpartition("/")[2]
        if target in ("NONE", "NoneElement") or target.endswith(_NO_LICENCE_ENDS):
            expression, name = NO_LICENCE, ""
        if (
            NO_ASSERTION in (expression, target)
            or target == "NoAssertionElement"
            or target.endswith(("/NoAssertionLicense", "expandedlicensing_NoAssertionLicense"))
        ):
            self._unknown.setdefault(source, []).append(
                "licenseDeclared" if basis == "declared" else "licenseConcluded"
            )
        elif expression or name:
            names = tuple(self._custom_names(element, here)) if "LicenseRef-" in expression else ()
            self._licences.setdefault(source, []).append(SbomLicence(expression, name, basis, names))
        elif target not in self._elements and target not in _UNKNOWN:
            self._collector.defect(
                DefectKind.REFERENCE, at, f"refers to {excerpt(target)!r}, which the document does not have"
            )

    def _custom_names(self, element: Table, at: str) -> Iterator[tuple[str, str]]:
        for here, row in self._objects(element, "simplelicensing_customIdToUri", at):
            ref = self._collector.text(row, "key", here)
            place, licence = self._elements.get(self._collector.text(row, "value", here), ("", {}))
            name = self._collector.text(licence, "name", place)
            if ref and name:
                yield ref, name

    def _relationships(self) -> None:
        for at, node, word, sources, targets in self._each_relationship():
            edge = EDGES.get(word)
            if edge is None:
                continue
            if edge is EdgeKind.DEPENDS_ON and node.get("scope") in DEVELOPMENT:
                edge = EdgeKind.DEVELOPMENT
            extent = EXTENTS.get(self._collector.text(node, "completeness", at))
            if extent:
                self._extent.setdefault(extent, []).extend(sources)
            for source in sources:
                if node.get("completeness") == "noAssertion" and edge is not EdgeKind.CONTAINS:
                    self._edges.unknown(source)
                if edge is not EdgeKind.CONTAINS and node.get("completeness") != "noAssertion":
                    self._edges.state(source, at)
                for target in targets:
                    if target not in _UNKNOWN and not self._is_external(target):
                        self._edges.add(source, target, edge, at)

    def _completeness(self) -> tuple[SbomCompleteness, ...]:
        return tuple(
            SbomCompleteness(
                aggregate,
                dependencies=tuple(self._positions[ref] for ref in dict.fromkeys(refs) if ref in self._positions),
            )
            for aggregate, refs in sorted(self._extent.items())
        )

    def _roots(self) -> tuple[int, ...]:
        wanted = list(self._typed.get("SpdxDocument", ()))
        described = [
            target for _, _, word, _, targets in self._each_relationship() if word == "describes" for target in targets
        ]
        seen: set[str] = set()
        for _ in range(_LONGEST_CHAIN):
            refs = [self._name(node) for at, holder in wanted for _, node in self._objects(holder, "rootElement", at)]
            reached = [ref for ref in dict.fromkeys(refs) if ref not in seen]
            seen.update(reached)
            found = tuple(self._positions[ref] for ref in reached if ref in self._positions)
            if found:
                return found
            wanted = [self._elements[ref] for ref in reached if ref in self._elements]
        found = tuple(self._positions[ref] for ref in dict.fromkeys(described) if ref in self._positions)
        if not found:
            self._collector.defect(DefectKind.MISSING, "", "the document does not say which package it describes")
        return found
