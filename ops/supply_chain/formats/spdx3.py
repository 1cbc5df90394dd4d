"""SPDX 3.0 in JSON-LD: what a document's graph holds, read once for everyone who asks.

Reads the canonical serialisation (`@context` and `@graph`), the single-element form, and elements inside others.

Source: https://spdx.github.io/spdx-spec/v3.0.1/ (Core, Software, SimpleLicensing) and its JSON-LD serialisation
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from ops.supply_chain.formats.json_reader import UnexpectedShapeError, kind_of
from ops.supply_chain.formats.shape import ROOT, Fault, Place, ShapeReader

CONTEXT = re.compile(r"https://spdx\.org/rdf/3\.0\.[01]/spdx-context\.jsonld")
"""Address of the JSON-LD context of the known versions."""

_MAJOR = "spdx.org/rdf/3"
_MINOR = "spdx.org/rdf/3.0"
_ROOTED = frozenset({"SpdxDocument", "software_Sbom"})
_UNKNOWN_ENDS = frozenset({"NOASSERTION", "NONE", "NoAssertionElement", "NoneElement"})
_NO_LICENCE_ENDS = ("/NoneElement", "/NoneLicense", "expandedlicensing_NoneLicense", "spdx.org/licenses/NONE")
_LONGEST_CHAIN = 3
"""The document's root is an SBOM, whose root is the package; some documents put a bundle between the two."""


class GraphHash(NamedTuple):
    """A hash as written: `sha256`, hexadecimal digits."""

    algorithm: str
    value: str


class GraphPackage(NamedTuple):
    """One `software_Package`; every text is as written, and empty where the package has none.

    `producers` are the names of who originated it, then of who supplied it. `licence` is the declared expression, `names`
    of it the licences that are not on the SPDX list, by their `LicenseRef-`.
    """

    id: str
    name: str
    version: str
    purl: str
    hashes: tuple[GraphHash, ...]
    producers: tuple[str, ...]
    licences: tuple[tuple[str, dict[str, str]], ...]


class Creation(NamedTuple):
    """One `CreationInfo`."""

    spec_version: str
    created: str


class Spdx3(NamedTuple):
    """One document.

    `roots` are the identifiers that documents and SBOMs call their root. `dependencies` are identifier -> what it depends
    on, None where that is stated to be unknown; an absent entry means the same. `described` are the packages that the
    document's chain of roots ends in. `faults` are the places of a wrong type.
    """

    packages: tuple[GraphPackage, ...]
    roots: frozenset[str]
    described: tuple[str, ...]
    dependencies: dict[str, frozenset[str] | None]
    creations: tuple[Creation, ...]
    faults: tuple[Fault, ...]


def is_spdx3(document: object) -> bool:
    """Return whether a parsed JSON document is SPDX 3, of whatever minor version."""
    return any(_MAJOR in context for context in contexts_of(document))


def contexts_of(document: object) -> list[str]:
    """Return the addresses in a document's `@context`."""
    context = document.get("@context") if isinstance(document, dict) else None
    contexts = context if isinstance(context, list) else [context]
    return [address for address in contexts if isinstance(address, str)]


def read_spdx3(document: object) -> Spdx3:
    """Read a document.

    Args:
        document: The parsed JSON; anything may be in it.
    Raises:
        UnexpectedShapeError: It is not SPDX, or of another version than 3.0.
    """
    contexts = contexts_of(document)
    if not isinstance(document, dict) or not any(_MINOR in address for address in contexts):
        raise UnexpectedShapeError(
            f"$['@context']: expected the context of SPDX 3.0, found {', '.join(contexts) or None}"
        )
    return _Reader(document).document()


def elements_of(document: dict[str, Any]) -> list[tuple[Place, dict[str, Any]]]:
    """List every object of the graph with its place, those inside others included, in document order."""
    found: list[tuple[Place, dict[str, Any]]] = []
    pending: list[tuple[Place, Any]] = [((ROOT, "@graph"), document["@graph"])] if "@graph" in document else []
    if not pending:
        pending = [((ROOT, key), value) for key, value in reversed(document.items())]
        found.append(((ROOT, 0), document))
    while pending:
        place, value = pending.pop()
        if isinstance(value, dict):
            found.append((place, value))
            inner = [((place, key), child) for key, child in value.items() if isinstance(child, dict | list)]
        elif isinstance(value, list):
            inner = [((place, at), child) for at, child in enumerate(value) if isinstance(child, dict | list)]
        else:
            continue
        pending.extend(reversed(inner))
    return found


def identifier(element: dict[str, Any]) -> str:
    """Return an element's identifier: `spdxId`, or `@id` of a blank node; empty where it has none."""
    value = element.get("spdxId", element.get("@id"))
    return value if isinstance(value, str) else ""


class _Reader(ShapeReader):
    """Reads one document."""

    def __init__(self, document: dict[str, Any]) -> None:
        super().__init__()
        graph = document.get("@graph", [])
        if not isinstance(graph, list):
            self.tables(document, "@graph", ROOT)
        self._elements: dict[str, tuple[Place, dict[str, Any]]] = {}
        self._typed: dict[str, list[tuple[Place, dict[str, Any]]]] = {}
        for place, element in elements_of(document):
            if "type" not in element:
                continue
            self._typed.setdefault(self.text(element, "type", place), []).append((place, element))
            if name := identifier(element):
                self._elements[name] = (place, element)

    def document(self) -> Spdx3:
        licences = self._licences()
        roots = {
            ref for kind in _ROOTED for place, node in self._of(kind) for ref in self._refs(node, "rootElement", place)
        }
        packages = tuple(
            self._package(node, place, tuple(licences.get(identifier(node), ())))
            for place, node in self._of("software_Package")
        )
        return Spdx3(
            packages=packages,
            roots=frozenset(roots),
            described=self._described(frozenset(package.id for package in packages)),
            dependencies=self._dependencies(),
            creations=tuple(
                Creation(self.text(node, "specVersion", place), self.text(node, "created", place))
                for place, node in self._of("CreationInfo")
            ),
            faults=self.faults(),
        )

    def _of(self, kind: str) -> list[tuple[Place, dict[str, Any]]]:
        return self._typed.get(kind, [])

    def _objects(self, node: dict[str, Any], field: str, place: Place) -> Iterator[tuple[Place, dict[str, Any]]]:
        """Yield the elements of a field with their places: written out, or by identifier; a lone one counts as a list."""
        value = node.get(field)
        for at, entry in enumerate(value if isinstance(value, list) else [] if value is None else [value]):
            if isinstance(entry, dict):
                yield ((place, field), at), entry
            elif isinstance(entry, str):
                yield self._elements.get(entry, (ROOT, {"spdxId": entry}))
            else:
                self.refuse(((place, field), at), f"expected a text or an object, found {kind_of(entry)}")

    def _refs(self, node: dict[str, Any], field: str, place: Place) -> tuple[str, ...]:
        """Return the identifiers of the elements of a field."""
        return tuple(filter(None, (identifier(entry) for _, entry in self._objects(node, field, place))))

    def _package(
        self, node: dict[str, Any], place: Place, licences: tuple[tuple[str, dict[str, str]], ...]
    ) -> GraphPackage:
        agents = self._refs(node, "originatedBy", place) + self._refs(node, "suppliedBy", place)
        return GraphPackage(
            id=self.required(node, "spdxId", place),
            name=self.required(node, "name", place),
            version=self.text(node, "software_packageVersion", place),
            purl=self.text(node, "software_packageUrl", place),
            hashes=tuple(self._hashes(node, place)),
            producers=tuple(filter(None, map(self._name_of, agents))),
            licences=licences,
        )

    def _hashes(self, node: dict[str, Any], place: Place) -> Iterator[GraphHash]:
        for here, entry in self._objects(node, "verifiedUsing", place):
            value = self.text(entry, "hashValue", here)
            if value:
                yield GraphHash(self.text(entry, "algorithm", here), value)

    def _name_of(self, ref: str) -> str:
        place, element = self._elements.get(ref, (ROOT, {}))
        return self.text(element, "name", place)

    def _relationships(self, kind: str) -> Iterator[tuple[str, tuple[str, ...], dict[str, Any]]]:
        """Yield source, targets and element of each relationship of a kind."""
        for name in self._typed:
            for place, node in self._of(name) if name.endswith("Relationship") else ():
                if self.text(node, "relationshipType", place) == kind:
                    for source in self._refs(node, "from", place):
                        yield source, self._refs(node, "to", place), node

    def _dependencies(self) -> dict[str, frozenset[str] | None]:
        found: dict[str, frozenset[str] | None] = {}
        for source, targets, node in self._relationships("dependsOn"):
            known = found.setdefault(source, frozenset())
            if node.get("completeness") == "noAssertion":
                found[source] = None
            elif known is not None:
                found[source] = known | (set(targets) - _UNKNOWN_ENDS)
        for source, targets, _ in self._relationships("hasOptionalDependency"):
            known = found.get(source)
            if known is not None:  # alone it does not state what else it depends on
                found[source] = known | (set(targets) - _UNKNOWN_ENDS)
        return found

    def _licences(self) -> dict[str, list[tuple[str, dict[str, str]]]]:
        found: dict[str, list[tuple[str, dict[str, str]]]] = {}
        for source, targets, _ in self._relationships("hasDeclaredLicense"):
            for target in targets:
                place, element = self._elements.get(target, (ROOT, {}))
                names = {
                    self.text(entry, "key", here): self._name_of(self.text(entry, "value", here))
                    for here, entry in self.tables(element, "simplelicensing_customIdToUri", place)
                }
                expression = self.text(element, "simplelicensing_licenseExpression", place)
                if target in ("NONE", "NoneElement") or target.endswith(_NO_LICENCE_ENDS):
                    expression = "NONE"
                found.setdefault(source, []).append((expression, {key: name for key, name in names.items() if name}))
        return found

    def _described(self, packages: frozenset[str]) -> tuple[str, ...]:
        """Follow the roots from the document to packages."""
        wanted = self._of("SpdxDocument")
        seen: set[str] = set()
        for _ in range(_LONGEST_CHAIN):
            roots = [ref for place, node in wanted for ref in self._refs(node, "rootElement", place)]
            reached = [ref for ref in dict.fromkeys(roots) if ref in self._elements and ref not in seen]
            seen.update(roots)
            if found := tuple(ref for ref in reached if ref in packages):
                return found
            wanted = [self._elements[ref] for ref in reached]
        return ()
