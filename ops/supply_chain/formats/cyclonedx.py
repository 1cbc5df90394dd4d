"""CycloneDX 1.x in JSON: what a document lists, read once for everyone who asks.

Source: https://cyclonedx.org/docs/1.6/json/ and the JSON schemas of versions 1.2 to 1.7,
https://github.com/CycloneDX/specification/tree/master/schema
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from ops.supply_chain.formats.json_reader import UnexpectedShapeError
from ops.supply_chain.formats.shape import ROOT, Fault, Place, ShapeReader

VERSIONS = ("1.2", "1.3", "1.4", "1.5", "1.6", "1.7")
"""Versions of CycloneDX that have a JSON form."""

FILE_REFERENCES = frozenset({"distribution", "source-distribution"})
"""Types of external references whose hashes are those of the package's own files."""

_MAJOR = re.compile(r"1\.[0-9]+")
_SERIAL = re.compile(r"urn:uuid:(?P<uuid>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")
_COMPONENT_TEXTS = ("bom-ref", "type", "group", "version", "purl", "cpe", "publisher", "author")
IN_WHEEL = ("sealwright:bundled-in", "sealwright:declared-by", "sealwright:vendored-in")
_OTHER_IDENTIFIERS = ("swhid", "omniborId")
_METADATA: Place = (ROOT, "metadata")


class BomHash(NamedTuple):
    """A hash as written: `SHA-256`, hexadecimal digits."""

    algorithm: str
    content: str


class LicenceChoice(NamedTuple):
    """One entry of `licenses`: an SPDX identifier, a free name, or an SPDX expression; what it has not is empty."""

    id: str
    name: str
    expression: str


class ExternalReference(NamedTuple):
    """One external reference: its type, address and hashes."""

    type: str
    url: str
    hashes: tuple[BomHash, ...]


class BomComponent(NamedTuple):
    """One component; every text is as written, and empty where the component has none."""

    ref: str
    type: str
    group: str
    name: str
    version: str
    purl: str
    cpe: str
    other_identifiers: tuple[str, ...]
    hashes: tuple[BomHash, ...]
    licences: tuple[LicenceChoice, ...]
    references: tuple[ExternalReference, ...]
    manufacturer: str
    supplier: str
    publisher: str
    author: str
    authors: tuple[str, ...]
    properties: tuple[tuple[str, str], ...]
    scope: str = ""

    def property_values(self, name: str) -> list[str]:
        """Return the values of a property, in order."""
        return [value for key, value in self.properties if key == name]

    @property
    def wheels(self) -> tuple[str, ...]:
        """The wheels that contain it, or whose SBOM declares it, as sealwright's documents name them; sorted."""
        return tuple(sorted({value for name in IN_WHEEL for value in self.property_values(name)}))


class BomTool(NamedTuple):
    """A tool that made the document."""

    name: str
    version: str


class Composition(NamedTuple):
    """How complete the document is about some references: about what they consist of, and what they depend on."""

    aggregate: str
    assemblies: tuple[str, ...]
    dependencies: tuple[str, ...]


class CycloneDx(NamedTuple):
    """One document.

    `root` is None where it describes nothing. `components` leave it out, hold those inside others, in document order, and
    the root's own parts first; `has_components` is True if there is a list, even an empty one. `dependencies` are
    reference -> references in document order; an absent entry means that its dependencies are not known.
    `repeated_refs` have several entries, which count together. `version` is None where the document has none. `faults` are
    the places of a wrong type, the names and references that are missing, and a major version that is not known.
    """

    spec_version: str
    serial_number: str
    version: int | None
    timestamp: str
    manufacturer: str
    authors: tuple[str, ...]
    tools: tuple[BomTool, ...]
    phases: tuple[str, ...]
    properties: tuple[tuple[str, str], ...]
    root: BomComponent | None
    components: tuple[BomComponent, ...]
    has_components: bool
    services: tuple[str, ...]
    dependencies: dict[str, tuple[str, ...]]
    repeated_refs: tuple[str, ...]
    compositions: tuple[Composition, ...]
    faults: tuple[Fault, ...]

    @property
    def uuid(self) -> str:
        """The UUID of the serial number in lower case, empty where there is none."""
        found = _SERIAL.fullmatch(self.serial_number.lower())
        return found["uuid"] if found else ""

    def incomplete_refs(self) -> frozenset[str]:
        """Return the references of which a composition states that their dependencies are not all listed."""
        return frozenset(
            ref
            for composition in self.compositions
            if composition.aggregate != "complete"
            for ref in composition.dependencies
        )


def is_cyclonedx(document: object) -> bool:
    """Return whether a parsed JSON document is CycloneDX, of whatever version."""
    return isinstance(document, dict) and document.get("bomFormat") == "CycloneDX"


def read_cyclonedx(document: object) -> CycloneDx:
    """Read a document.

    Args:
        document: The parsed JSON; anything may be in it.
    Raises:
        UnexpectedShapeError: It is not CycloneDX.
    """
    if not isinstance(document, dict) or not is_cyclonedx(document):
        raise UnexpectedShapeError("$.bomFormat: expected 'CycloneDX'")
    return _Reader().document(document)


class _Reader(ShapeReader):
    """Reads one document."""

    def document(self, document: dict[str, Any]) -> CycloneDx:
        metadata = self.table(document, "metadata", ROOT)
        described = self.table(metadata, "component", _METADATA)
        root = self._component(described, (_METADATA, "component")) if described else None
        components = self._components(described, (_METADATA, "component")) if described else []
        components += self._components(document, ROOT)
        dependencies, repeated = self._dependencies(document)
        return CycloneDx(
            spec_version=self._spec_version(document),
            serial_number=self.text(document, "serialNumber", ROOT),
            version=self._version(document),
            timestamp=self.text(metadata, "timestamp", _METADATA),
            manufacturer=self._name_of(metadata, "manufacturer", _METADATA),
            authors=self._names(metadata, "authors", _METADATA),
            tools=self._tools(metadata),
            phases=tuple(
                self.text(phase, "phase", place) or self.text(phase, "name", place)
                for place, phase in self.tables(metadata, "lifecycles", _METADATA)
            ),
            properties=self._properties(metadata, _METADATA),
            root=root,
            components=tuple(components),
            has_components=isinstance(document.get("components"), list),
            services=tuple(
                filter(
                    None, (self.text(node, "bom-ref", place) for place, node in self.tables(document, "services", ROOT))
                )
            ),
            dependencies=dependencies,
            repeated_refs=repeated,
            compositions=tuple(
                Composition(
                    self.text(node, "aggregate", place),
                    self.texts(node, "assemblies", place),
                    self.texts(node, "dependencies", place),
                )
                for place, node in self.tables(document, "compositions", ROOT)
            ),
            faults=self.faults(),
        )

    def _components(self, holder: dict[str, Any], place: Place) -> list[BomComponent]:
        found: list[BomComponent] = []
        pending = self.tables(holder, "components", place)[::-1]
        while pending:
            here, node = pending.pop()
            found.append(self._component(node, here))
            if "components" in node:
                pending += self.tables(node, "components", here)[::-1]
        return found

    def _component(self, node: dict[str, Any], place: Place) -> BomComponent:
        ref, kind, group, version, purl, cpe, publisher, author = self.texts_of(node, _COMPONENT_TEXTS, place)
        return BomComponent(
            ref=ref,
            type=kind,
            group=group,
            name=self.required(node, "name", place),
            version=version,
            purl=purl,
            cpe=cpe,
            other_identifiers=tuple(
                text for field in _OTHER_IDENTIFIERS if field in node for text in self.texts(node, field, place)
            ),
            hashes=self._hashes(node, place),
            licences=self._licences(node, place) if "licenses" in node else (),
            references=self._references(node, place) if "externalReferences" in node else (),
            manufacturer=self._name_of(node, "manufacturer", place),
            supplier=self._name_of(node, "supplier", place),
            publisher=publisher,
            author=author,
            authors=self._names(node, "authors", place) if "authors" in node else (),
            properties=self._properties(node, place),
            scope=self.text(node, "scope", place) if "scope" in node else "",
        )

    def _hashes(self, node: dict[str, Any], place: Place) -> tuple[BomHash, ...]:
        return self.pairs(node, "hashes", ("alg", "content"), place, BomHash)

    def _licences(self, node: dict[str, Any], place: Place) -> tuple[LicenceChoice, ...]:
        found = []
        for here, choice in self.tables(node, "licenses", place):
            licence, inside = self.table(choice, "license", here), (here, "license")
            found.append(
                LicenceChoice(
                    self.text(licence, "id", inside),
                    self.text(licence, "name", inside),
                    self.text(choice, "expression", here),
                )
            )
        return tuple(found)

    def _references(self, node: dict[str, Any], place: Place) -> tuple[ExternalReference, ...]:
        return tuple(
            ExternalReference(
                self.text(entry, "type", here),
                self.text(entry, "url", here),
                self._hashes(entry, here) if "hashes" in entry else (),
            )
            for here, entry in self.tables(node, "externalReferences", place)
        )

    def _properties(self, node: dict[str, Any], place: Place) -> tuple[tuple[str, str], ...]:
        return self.pairs(node, "properties", ("name", "value"), place, _pair)

    def _name_of(self, node: dict[str, Any], field: str, place: Place) -> str:
        return self.text(self.table(node, field, place), "name", (place, field)) if field in node else ""

    def _names(self, node: dict[str, Any], field: str, place: Place) -> tuple[str, ...]:
        return tuple(self.text(entry, "name", here) for here, entry in self.tables(node, field, place))

    def _tools(self, metadata: dict[str, Any]) -> tuple[BomTool, ...]:
        if isinstance(metadata.get("tools"), list):  # the form before 1.5, deprecated and still in use
            found = self.tables(metadata, "tools", _METADATA)
        else:
            table, place = self.table(metadata, "tools", _METADATA), (_METADATA, "tools")
            found = self.tables(table, "components", place) + self.tables(table, "services", place)
        return tuple(BomTool(self.text(node, "name", here), self.text(node, "version", here)) for here, node in found)

    def _dependencies(self, document: dict[str, Any]) -> tuple[dict[str, tuple[str, ...]], tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        repeated: dict[str, None] = {}
        for place, node in self.tables(document, "dependencies", ROOT):
            ref, targets = self.required(node, "ref", place), self.texts(node, "dependsOn", place)
            if ref in found:
                repeated[ref] = None
                targets = found[ref] + targets
            found[ref] = targets
        return found, tuple(repeated)

    def _spec_version(self, document: dict[str, Any]) -> str:
        found = self.required(document, "specVersion", ROOT)
        if found.strip() and not _MAJOR.fullmatch(found):
            self.refuse((ROOT, "specVersion"), f"expected CycloneDX 1.x, found {found!r}")
        return found

    def _version(self, document: dict[str, Any]) -> int | None:
        value = document.get("version")
        if value is None:
            return None
        if isinstance(value, int) and not isinstance(value, bool) and value > 0:
            return value
        self.refuse((ROOT, "version"), f"expected a number from 1, found {value!r}")
        return None


def _pair(name: str, value: str) -> tuple[str, str]:
    return (name, value)
