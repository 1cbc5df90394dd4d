"""SPDX 2.2 and 2.3: one reader over the model that JSON, YAML, tag-value and RDF/XML have in common.

The other serialisations are turned into what the document is in JSON. Packages and files become components; what a
relationship says is turned so that every edge leads from what contains or depends to what is contained or needed.

Source: https://spdx.github.io/spdx-spec/v2.3/ and its JSON schema,
https://github.com/spdx/spdx-spec/blob/support/2.3/schemas/spdx-schema.json
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

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
    SbomTool,
)
from ops.supply_chain.core.text import excerpt
from ops.supply_chain.formats.received.collect import (
    NO_ASSERTION,
    Collector,
    EdgeBuilder,
    Table,
    algorithm_name,
    names_in,
    person_or_organisation,
    place_of,
    tool_of,
)
from ops.supply_chain.formats.received.comments import PHASE, SEPARATE, delivery_in, sentences_in, unknown_in
from ops.supply_chain.formats.received.spdx2_terms import EDGES, FIELDS

VERSIONS = ("SPDX-2.1", "SPDX-2.2", "SPDX-2.3")

DOCUMENT = "SPDXRef-DOCUMENT"

_CREATED = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_NOTHING = frozenset({NO_ASSERTION, "NONE", ""})
UNKNOWN_PROPERTY = "sealwright:unknown"
"""Property of a document for each of its elements that is unknown, as CycloneDX has it."""

_TEXTS = ("SPDXID", "name", "versionInfo", "downloadLocation", "packageFileName", "primaryPackagePurpose", "homepage")

_ELSEWHERE = "DocumentRef-"
_LISTING = frozenset({EdgeKind.DEPENDS_ON, EdgeKind.OPTIONAL, EdgeKind.DEVELOPMENT})


def read_spdx2(document: Table, syntax: SbomSyntax, unread: Iterable[tuple[str, str]] = ()) -> ReceivedSbom:
    """Read a document.

    Args:
        document: An object with `spdxVersion`; its lists of packages and files are emptied.
        syntax: The serialisation that it came in.
        unread: What was not read of it: (location, sentence).
    """
    reader = _Reader(document, syntax)
    reader.note(unread)
    return reader.read()


class _Reader:
    def __init__(self, document: Table, syntax: SbomSyntax) -> None:
        self._document = document
        self._syntax = syntax
        self._collector = Collector()
        self._edges = EdgeBuilder(self._collector)
        self._components: list[SbomComponent] = []
        self._locations: list[str] = []
        self._positions: dict[str, int] = {}
        self._others: set[str] = {DOCUMENT}
        self._described: dict[str, str] = {}
        self._names: dict[str, str] = {}
        self._completeness: tuple[SbomCompleteness, ...] = ()

    def note(self, unread: Iterable[tuple[str, str]]) -> None:
        for location, message in unread:
            self._collector.defect(DefectKind.UNREAD, location, message)

    def read(self) -> ReceivedSbom:
        collector, document = self._collector, self._document
        version = collector.text(document, "spdxVersion", "")
        if version not in VERSIONS:
            collector.defect(
                DefectKind.UNREAD, "/spdxVersion", f"expected SPDX-2.2 or SPDX-2.3, found {excerpt(version)!r}"
            )
        for key in sorted(document.keys() - FIELDS):
            collector.defect(DefectKind.UNREAD, "", f"{excerpt(key)!r} is no field of an SPDX document")
        own = collector.text(document, "SPDXID", "")
        if own != DOCUMENT:
            self._others.add(own)
            collector.defect(DefectKind.VALUE, "/SPDXID", f"expected {DOCUMENT}, found {excerpt(own)!r}")
        namespace = collector.text(document, "documentNamespace", "")
        for key, text in (("documentNamespace", namespace), ("name", collector.text(document, "name", ""))):
            if not text:
                collector.defect(DefectKind.MISSING, "", f"expected '{key}', found none")
        creation = collector.table(document, "creationInfo", "")
        authors, tools = self._creators(creation)
        comment = collector.text(creation, "comment", "/creationInfo") if "comment" in creation else ""
        self._licence_names()
        self._packages()
        self._more("files", self._file)
        self._more("snippets", self._snippet)
        self._relationships()
        roots = self._roots()
        edges = self._edges.build(
            self._positions, (), others=frozenset(self._others | _NOTHING), components=len(self._components)
        )
        return ReceivedSbom(
            standard=SbomStandard.SPDX,
            version=version.removeprefix("SPDX-"),
            syntax=self._syntax,
            identifier=namespace,
            name=collector.text(document, "name", ""),
            timestamp=self._created(creation),
            authors=authors,
            tools=tools,
            phases=sentences_in(comment).get(PHASE, ()),
            properties=tuple((UNKNOWN_PROPERTY, element) for element in unknown_in(comment)),
            roots=roots,
            components=tuple(self._components),
            locations=tuple(self._locations),
            edges=edges,
            completeness=self._completeness,
            defects=collector.defects,
            defect_count=collector.defect_count,
        )

    def _created(self, creation: Table) -> str:
        found, at = self._collector.text(creation, "created", "/creationInfo"), "/creationInfo/created"
        if not found:
            self._collector.defect(DefectKind.MISSING, "/creationInfo", "expected 'created', found none")
        elif not _CREATED.fullmatch(found):
            self._collector.defect(DefectKind.VALUE, at, f"expected YYYY-MM-DDThh:mm:ssZ, found {excerpt(found)!r}")
        return found

    def _creators(self, creation: Table) -> tuple[tuple[SbomParty, ...], tuple[SbomTool, ...]]:
        authors: list[SbomParty] = []
        tools: list[SbomTool] = []
        for text in self._collector.texts(creation, "creators", "/creationInfo"):
            kind, name, email = person_or_organisation(text)
            if kind == "tool":
                tools.append(tool_of(name))
            elif kind:
                authors.append(SbomParty(name, kind, email))
            else:
                self._collector.defect(
                    DefectKind.VALUE,
                    "/creationInfo/creators",
                    f"expected Person:, Organization: or Tool:, found {excerpt(text)!r}",
                )
        return tuple(authors), tuple(tools)

    def _licence_names(self) -> None:
        for at, row in self._collector.rows(self._document, "hasExtractedLicensingInfos", ""):
            ref, name = self._collector.text(row, "licenseId", at), self._collector.text(row, "name", at)
            if ref and name and name not in _NOTHING:
                self._names[ref] = name

    def _packages(self) -> None:
        rows = self._document.get("packages")
        if rows is None:
            return
        if not isinstance(rows, list):
            self._collector.unread("/packages", "an array", rows)
            return
        for at, row in enumerate(rows):
            rows[at] = None  # the document and its result never exist whole at once
            if isinstance(row, dict):
                self._package(row, place_of(row, f"/packages/{at}"))
            else:
                self._collector.unread(f"/packages/{at}", "an object", row)

    def _more(self, key: str, take: Callable[[Table, str], None]) -> None:
        for at, row in self._collector.rows(self._document, key, ""):
            take(row, at)

    def _package(self, node: Table, at: str) -> None:
        collector = self._collector
        texts = [node.get(key, "") for key in _TEXTS]
        if not all(value.__class__ is str for value in texts):
            texts = [collector.text(node, key, at) for key in _TEXTS]
        ref, name, version, location, file_name, purpose, homepage = texts
        if not name:
            collector.defect(DefectKind.MISSING, at, "expected 'name', found none")
        purl, cpes, identifiers, references = self._external(node, at)
        unknown = [key for key in ("supplier", "originator") if node.get(key) == NO_ASSERTION]
        unknown += [key for key in ("versionInfo",) if node.get(key) == NO_ASSERTION]
        comment = collector.text(node, "comment", at) if "comment" in node else ""
        unknown += unknown_in(comment)
        delivery = delivery_in(comment)
        licences, undeclared = self._licences(node, at)
        if location not in _NOTHING:
            references = (SbomReference("distribution", location), *references)
        if homepage not in _NOTHING:
            references = (*references, SbomReference("website", homepage))
        self._add(
            SbomComponent(
                ref,
                name,
                "" if version == NO_ASSERTION else version,
                purpose.lower().replace("_", "-"),
                "",
                purl,
                collector.package(purl, at) if purl else None,
                cpes,
                identifiers,
                self._digests(node, at),
                licences,
                self._party(node, "supplier", at),
                self._party(node, "originator", at),
                (),
                "" if file_name in _NOTHING else file_name,
                "",
                NO_COMPONENT,
                tuple(sorted((*unknown, *undeclared))),
                references,
                delivery,
                SEPARATE in delivery,
            ),
            at,
        )
        for target in collector.texts(node, "hasFiles", at) if "hasFiles" in node else ():
            self._edges.add(ref, target, EdgeKind.CONTAINS, at)

    def _file(self, node: Table, at: str) -> None:
        collector = self._collector
        name = collector.text(node, "fileName", at)
        if not name:
            collector.defect(DefectKind.MISSING, at, "expected 'fileName', found none")
        licences, undeclared = self._licences(node, at)
        self._add(
            SbomComponent(
                ref=collector.text(node, "SPDXID", at),
                name=name,
                type="file",
                digests=self._digests(node, at),
                licences=licences,
                file_name=name,
                unknown=undeclared,
            ),
            at,
        )

    def _snippet(self, node: Table, at: str) -> None:
        self._others.add(self._collector.text(node, "SPDXID", at))

    def _add(self, component: SbomComponent, at: str) -> None:
        position = len(self._components)
        self._components.append(component)
        self._locations.append(at)
        if not component.ref:
            self._collector.defect(DefectKind.MISSING, at, "expected 'SPDXID', found none")
        elif self._positions.setdefault(component.ref, position) != position:
            self._collector.defect(
                DefectKind.REPEATED,
                at,
                f"SPDXID {excerpt(component.ref)!r} belongs to another element as well",
            )

    def _external(
        self, node: Table, at: str
    ) -> tuple[str, tuple[str, ...], tuple[tuple[str, str], ...], tuple[SbomReference, ...]]:
        if "externalRefs" not in node:
            return "", (), (), ()
        purls: list[str] = []
        cpes: list[str] = []
        identifiers: list[tuple[str, str]] = []
        references: list[SbomReference] = []
        for here, row in self._collector.rows(node, "externalRefs", at):
            kind = self._collector.text(row, "referenceType", here).rpartition("/")[2]
            locator = self._collector.text(row, "referenceLocator", here)
            if kind == "purl":
                purls.append(locator)
            elif kind in ("cpe22Type", "cpe23Type"):
                cpes.append(locator)
            elif kind in ("swh", "gitoid", "swid"):
                identifiers.append(("swhid" if kind == "swh" else kind, locator))
            else:
                references.append(SbomReference(kind, locator))
        for extra in purls[1:]:
            identifiers.append(("purl", extra))
            self._collector.defect(
                DefectKind.REPEATED, at, f"a second package URL, {excerpt(extra)!r}: the first one counts"
            )
        return purls[0] if purls else "", tuple(cpes), tuple(identifiers), tuple(references)

    def _digests(self, node: Table, at: str) -> tuple[SbomDigest, ...]:
        if "checksums" not in node:
            return ()
        found = []
        for here, row in self._collector.rows(node, "checksums", at):
            digest = self._collector.digest(
                algorithm_name(self._collector.text(row, "algorithm", here)),
                self._collector.text(row, "checksumValue", here),
                here,
            )
            if digest is not None:
                found.append(digest)
        return tuple(found)

    def _licences(self, node: Table, at: str) -> tuple[tuple[SbomLicence, ...], tuple[str, ...]]:
        found = []
        unknown = []
        for key, basis in (("licenseDeclared", "declared"), ("licenseConcluded", "concluded")):
            text = self._collector.text(node, key, at)
            if text == NO_ASSERTION:
                unknown.append(key)
            elif text:
                found.append(SbomLicence(text, self._names.get(text, ""), basis, names_in(text, self._names)))
        return tuple(found), tuple(unknown)

    def _party(self, node: Table, key: str, at: str) -> SbomParty | None:
        text = node.get(key)
        if text is None or text == NO_ASSERTION:
            return None
        text = self._collector.text(node, key, at)
        if not text:
            return None
        kind, name, email = person_or_organisation(text)
        if kind not in ("person", "organization"):
            self._collector.defect(
                DefectKind.VALUE, at, f"{key}: expected Person: or Organization:, found {excerpt(text)!r}"
            )
        return SbomParty(name, kind, email)

    def _relationships(self) -> None:
        collector = self._collector
        for target in collector.texts(self._document, "documentDescribes", ""):
            self._described[target] = "/documentDescribes"
        for at, row in collector.rows(self._document, "relationships", ""):
            source = collector.text(row, "spdxElementId", at)
            target = collector.text(row, "relatedSpdxElement", at)
            kind = collector.text(row, "relationshipType", at)
            if not (source and kind and target):
                collector.defect(DefectKind.MISSING, at, "a relationship without both elements and a type")
                continue
            self._relationship(source, kind, target, at)

    def _relationship(self, source: str, kind: str, target: str, at: str) -> None:
        self._others.update(ref for ref in (source, target) if ref.startswith("DocumentRef-") or "://" in ref)
        if kind == "DESCRIBED_BY":
            source, kind, target = target, "DESCRIBES", source
        if kind == "DESCRIBES":
            self._described.setdefault(target, at)
            return
        edge, reverse = EDGES.get(kind, (EdgeKind.RELATED, False))
        if edge is not EdgeKind.RELATED and (source.startswith(_ELSEWHERE) or target.startswith(_ELSEWHERE)):
            self._completeness = (SbomCompleteness("incomplete"),)
        if reverse:
            source, target = target, source
        if edge in _LISTING and target == NO_ASSERTION:
            self._edges.doubt(source)
        elif edge in _LISTING and source not in _NOTHING:
            self._edges.state(source, at)
        self._edges.add(source, target, edge, at)

    def _roots(self) -> tuple[int, ...]:
        found = []
        for ref, at in self._described.items():
            position = self._positions.get(ref)
            if position is not None:
                found.append(position)
            elif ref not in self._others and ref not in _NOTHING:
                self._collector.defect(
                    DefectKind.REFERENCE, at, f"describes {excerpt(ref)!r}, which the document does not have"
                )
        if not found:
            self._collector.defect(DefectKind.MISSING, "", "the document does not say which package it describes")
        return tuple(found)
