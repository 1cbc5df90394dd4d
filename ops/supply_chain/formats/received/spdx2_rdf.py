"""SPDX 2 RDF/XML: the statements of the graph, turned into what the document is in JSON.

The same graph can be written nested or flat, with typed elements or with `rdf:type`, so the elements are read into a graph
first. Of RDF/XML the forms that SPDX tools write are read: node elements, property elements, `rdf:about`, `rdf:nodeID`,
`rdf:resource`, property attributes; anything else is named as not read.

Source: https://www.w3.org/TR/rdf-syntax-grammar/ section 2; https://spdx.org/rdf/terms/
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from ops.supply_chain.core.text import excerpt
from ops.supply_chain.formats.json_reader import UnexpectedShapeError
from ops.supply_chain.formats.received.xml import XmlText, whole_tree

if TYPE_CHECKING:
    from lxml.etree import _Element

RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
TERMS = "http://spdx.org/rdf/terms#"
_SPDX = f"{{{TERMS}}}"

_DOAP = "{http://usefulinc.com/ns/doap#}"
_LISTED = ("http://spdx.org/licenses/", "https://spdx.org/licenses/")
_TYPES = frozenset(
    {
        "Annotation", "Checksum", "CreationInfo", "CrossRef", "ExternalDocumentRef", "ExternalRef",
        "ExtractedLicensingInfo", "File", "License", "LicenseException", "ListedLicense", "ListedLicenseException",
        "ConjunctiveLicenseSet", "DisjunctiveLicenseSet", "OrLaterOperator", "WithExceptionOperator",
        "SimpleLicensingInfo", "Package", "PackageVerificationCode", "ReferenceType", "Relationship", "Review",
        "Snippet", "SpdxDocument", "SpdxElement", "SpdxItem",
    }
)  # fmt: skip
_OTHER_VOCABULARIES = ("{http://www.w3.org/", "http://www.w3.org/", "{http://usefulinc.com/ns/doap#}")
"""Of ranges and of projects, which SPDX uses beside its own."""

_COMMENT = "{http://www.w3.org/2000/01/rdf-schema#}comment"
_OPERATORS = {"ConjunctiveLicenseSet": " AND ", "DisjunctiveLicenseSet": " OR "}
_DEEPEST_LICENCE = 50

_PACKAGE = {
    f"{_SPDX}name": "name",
    f"{_SPDX}versionInfo": "versionInfo",
    f"{_SPDX}packageFileName": "packageFileName",
    f"{_SPDX}supplier": "supplier",
    f"{_SPDX}originator": "originator",
    f"{_SPDX}downloadLocation": "downloadLocation",
    f"{_DOAP}homepage": "homepage",
}


class RdfTable(dict[str, Any]):
    """An element as an object of JSON; `line` is where it begins, from 1."""

    line: int = 0


class _Value(NamedTuple):
    """The object of a statement: the name of a node, or a text."""

    text: str
    is_node: bool


class _Node:
    """A node of the graph: its types, its statements in order, and its line."""

    __slots__ = ("line", "statements", "types")

    def __init__(self) -> None:
        self.line = 0
        self.types: set[str] = set()
        self.statements: list[tuple[str, _Value]] = []


def parse_rdf(document: XmlText) -> tuple[RdfTable, tuple[tuple[str, str], ...]]:
    """Turn a document into its JSON form.

    Returns:
        The document, and what was not read of it: (`line 12`, a sentence).
    Raises:
        UnexpectedShapeError: It is not well-formed, too deep, or describes no SPDX document.
    """
    graph = _Graph()
    graph.read(whole_tree(document))
    table = _Document(graph.nodes).table()
    return table, (*graph.notes, *_unknown_types(graph.nodes), *_contradictions(graph.nodes))


def _unknown_types(nodes: dict[str, _Node]) -> Iterator[tuple[str, str]]:
    """Yield the nodes of a type that is not of the vocabulary: one of them could be a package."""
    for node in nodes.values():
        for kind in sorted(node.types - _TYPES):
            if not kind.startswith(_OTHER_VOCABULARIES):
                yield f"line {node.line}", f"{excerpt(kind)!r} is no type of SPDX 2"


def _contradictions(nodes: dict[str, _Node]) -> Iterator[tuple[str, str]]:
    """Yield the packages that have two values of a field that has one."""
    for node in nodes.values():
        if "Package" in node.types:
            for tag, key in _PACKAGE.items():
                if len({value for known, value in node.statements if known == tag}) > 1:
                    yield f"line {node.line}", f"a second {key} of the same package"


class _Graph:
    def __init__(self) -> None:
        self.nodes: dict[str, _Node] = {}
        self.notes: list[tuple[str, str]] = []
        self._blank = 0

    def read(self, root: _Element) -> None:
        pending = list(reversed(root))
        while pending:
            element = pending.pop()
            name = self._name(element)
            node = self.nodes.setdefault(name, _Node())
            node.line = node.line or element.sourceline or 0
            if element.tag != f"{RDF}Description":
                node.types.add(str(element.tag).removeprefix(_SPDX))
            for key, value in element.attrib.items():
                if not str(key).startswith(RDF):
                    node.statements.append((str(key), _Value(str(value), is_node=False)))
            for child in element:
                pending += self._property(node, child)

    def _property(self, node: _Node, element: _Element) -> Iterator[_Element]:
        tag = str(element.tag)
        resource = element.get(f"{RDF}resource")
        blank = element.get(f"{RDF}nodeID")
        if element.get(f"{RDF}parseType") is not None:
            self.notes.append((f"line {element.sourceline}", "rdf:parseType is not read"))
            return
        if resource is not None or blank is not None:
            target = str(resource) if resource is not None else f"_:{blank}"
            if tag == f"{RDF}type":
                node.types.add(target.removeprefix(TERMS))
            else:
                node.statements.append((tag, _Value(target, is_node=True)))
            return
        if len(element) == 0:
            node.statements.append((tag, _Value((element.text or "").strip(), is_node=False)))
            return
        for child in element:
            if child.get(f"{RDF}about") is None and child.get(f"{RDF}nodeID") is None and child.get(f"{RDF}ID") is None:
                self._blank += 1
                child.set(f"{RDF}nodeID", f"sealwright-{self._blank}")
            node.statements.append((tag, _Value(self._name(child), is_node=True)))
            yield child

    def _name(self, element: _Element) -> str:
        about = element.get(f"{RDF}about")
        if about is not None:
            return str(about)
        if element.get(f"{RDF}ID") is not None:
            return f"#{element.get(f'{RDF}ID')}"
        blank = element.get(f"{RDF}nodeID")
        if blank is not None:
            return f"_:{blank}"
        self._blank += 1
        return f"_:sealwright-{self._blank}"


class _Document:
    def __init__(self, nodes: dict[str, _Node]) -> None:
        self._nodes = nodes
        self._namespace = ""
        self._of_type: dict[str, list[str]] = {}
        for name, node in nodes.items():
            for kind in node.types:
                self._of_type.setdefault(kind, []).append(name)

    def table(self) -> RdfTable:
        documents = self._of_type.get("SpdxDocument", [])
        if not documents:
            raise UnexpectedShapeError("is RDF/XML without an SpdxDocument: no SBOM")
        name = documents[0]
        node = self._nodes[name]
        found = self._new(node)
        namespace, _, ref = name.rpartition("#")
        self._namespace = namespace
        found.update(SPDXID=ref, documentNamespace=namespace)
        self._copy(node, found, {f"{_SPDX}specVersion": "spdxVersion", f"{_SPDX}name": "name"})
        found["creationInfo"] = self._creation(node)
        found["packages"] = [self._package(self._nodes[ref], ref) for ref in self._of_type.get("Package", [])]
        found["files"] = [self._file(self._nodes[ref], ref) for ref in self._of_type.get("File", [])]
        found["snippets"] = [RdfTable(SPDXID=_short(ref)) for ref in self._of_type.get("Snippet", [])]
        found["hasExtractedLicensingInfos"] = [
            self._extracted(self._nodes[ref], ref) for ref in self._of_type.get("ExtractedLicensingInfo", [])
        ]
        found["documentDescribes"] = [_short(value.text) for value in self._values(node, f"{_SPDX}describesPackage")]
        found["relationships"] = list(self._relationships())
        return found

    def _new(self, node: _Node) -> RdfTable:
        found = RdfTable()
        found.line = node.line
        return found

    def _values(self, node: _Node, tag: str) -> list[_Value]:
        return [value for key, value in node.statements if key == tag]

    def _first(self, node: _Node, tag: str) -> str:
        return next((self._plain(value) for value in self._values(node, tag)), "")

    def _plain(self, value: _Value) -> str:
        """Return a value as JSON writes it: the end of a term, or the text."""
        if not value.is_node:
            return value.text
        short = value.text.removeprefix(TERMS)
        return {"noassertion": "NOASSERTION", "none": "NONE"}.get(short, value.text)

    def _copy(self, node: _Node, table: RdfTable, keys: dict[str, str]) -> None:
        for tag, value in node.statements:
            key = keys.get(tag)
            if key is not None:
                table.setdefault(key, self._plain(value))

    def _creation(self, node: _Node) -> RdfTable:
        found = RdfTable(creators=[])
        for value in self._values(node, f"{_SPDX}creationInfo"):
            inner = self._nodes.get(value.text)
            if inner is not None:
                found["creators"] += [entry.text for entry in self._values(inner, f"{_SPDX}creator")]
                self._copy(inner, found, {f"{_SPDX}created": "created", _COMMENT: "comment"})
        return found

    def _package(self, node: _Node, name: str) -> RdfTable:
        found = self._new(node)
        found["SPDXID"] = _short(name)
        self._copy(node, found, {**_PACKAGE, _COMMENT: "comment"})
        purpose = self._first(node, f"{_SPDX}primaryPackagePurpose")
        if purpose:
            found["primaryPackagePurpose"] = purpose.removeprefix(f"{TERMS}purpose_").upper()
        self._licences(node, found)
        found["checksums"] = self._checksums(node)
        found["externalRefs"] = [
            RdfTable(referenceType=self._first(inner, f"{_SPDX}referenceType"), referenceLocator=locator)
            for inner in self._inner(node, f"{_SPDX}externalRef")
            if (locator := self._first(inner, f"{_SPDX}referenceLocator"))
        ]
        found["hasFiles"] = [_short(value.text) for value in self._values(node, f"{_SPDX}hasFile")]
        return found

    def _file(self, node: _Node, name: str) -> RdfTable:
        found = self._new(node)
        found["SPDXID"] = _short(name)
        found["fileName"] = self._first(node, f"{_SPDX}fileName")
        self._licences(node, found)
        found["checksums"] = self._checksums(node)
        return found

    def _extracted(self, node: _Node, name: str) -> RdfTable:
        found = RdfTable(licenseId=self._first(node, f"{_SPDX}licenseId") or _short(name))
        found["name"] = self._first(node, f"{_SPDX}name")
        return found

    def _inner(self, node: _Node, tag: str) -> list[_Node]:
        names = (value.text for value in self._values(node, tag) if value.is_node)
        return [self._nodes[name] for name in names if name in self._nodes]

    def _checksums(self, node: _Node) -> list[RdfTable]:
        return [
            RdfTable(
                algorithm=self._first(inner, f"{_SPDX}algorithm").removeprefix(TERMS),
                checksumValue=self._first(inner, f"{_SPDX}checksumValue"),
            )
            for inner in self._inner(node, f"{_SPDX}checksum")
        ]

    def _licences(self, node: _Node, table: RdfTable) -> None:
        for key in ("licenseDeclared", "licenseConcluded"):
            value = next(iter(self._values(node, f"{_SPDX}{key}")), None)
            if value is not None:
                table[key] = self._licence(value, 0)

    def _licence(self, value: _Value, depth: int) -> str:
        """Write a licence as an SPDX expression; depth bounds sets that contain themselves."""
        node = self._nodes.get(value.text) if value.is_node else None
        for listed in _LISTED:
            if value.text.startswith(listed):
                return value.text.removeprefix(listed)
        if node is None:
            return _short(self._plain(value))
        if depth > _DEEPEST_LICENCE:
            raise UnexpectedShapeError(f"line {node.line}: licences within each other, over {_DEEPEST_LICENCE} deep")
        for kind, operator in _OPERATORS.items():
            if kind in node.types:
                members = sorted(self._licence(entry, depth + 1) for entry in self._values(node, f"{_SPDX}member"))
                return f"({operator.join(members)})" if members else "NOASSERTION"
        if "WithExceptionOperator" in node.types:
            member = next(iter(self._values(node, f"{_SPDX}member")), None)
            exceptions = self._inner(node, f"{_SPDX}licenseException")
            name = self._first(exceptions[0], f"{_SPDX}licenseExceptionId") if exceptions else ""
            return f"{self._licence(member, depth + 1)} WITH {name}" if member and name else "NOASSERTION"
        if "OrLaterOperator" in node.types:
            member = next(iter(self._values(node, f"{_SPDX}member")), None)
            return f"{self._licence(member, depth + 1)}+" if member else "NOASSERTION"
        return self._first(node, f"{_SPDX}licenseId") or _short(value.text)

    def _own(self, name: str) -> str:
        """Return the identifier of an element of this document; an element of another keeps its whole address."""
        return _short(name) if name.rpartition("#")[0] == self._namespace else name

    def _relationships(self) -> Iterator[RdfTable]:
        for source, node in self._nodes.items():
            for inner in self._inner(node, f"{_SPDX}relationship"):
                kind = self._first(inner, f"{_SPDX}relationshipType").removeprefix(TERMS)
                target = self._first(inner, f"{_SPDX}relatedSpdxElement")
                found = RdfTable(
                    spdxElementId=self._own(source),
                    relationshipType=_upper(kind.removeprefix("relationshipType_")),
                    relatedSpdxElement=self._own(target),
                )
                found.line = inner.line
                yield found


def _short(name: str) -> str:
    """Return an element's SPDX identifier: the end of its address."""
    return name.rpartition("#")[2] if "#" in name else name


def _upper(term: str) -> str:
    """Write `dependsOn` of the vocabulary as `DEPENDS_ON` of the other serialisations."""
    return "".join(f"_{letter}" if letter.isupper() else letter.upper() for letter in term)
