"""SPDX 2.2 and 2.3 in JSON: what a document lists, read once for everyone who asks.

Source: https://spdx.github.io/spdx-spec/v2.3/, clauses 6 (document), 7 (package), 10 (other licences) and 11
(relationships)
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ops.supply_chain.formats.json_reader import UnexpectedShapeError
from ops.supply_chain.formats.shape import ROOT, Fault, Place, ShapeReader

VERSIONS = ("SPDX-2.2", "SPDX-2.3")
DOCUMENT_ID = "SPDXRef-DOCUMENT"
NOT_ASSERTED = "NOASSERTION"
NONE = "NONE"
UNSAID = frozenset({NOT_ASSERTED, NONE})
"""What is written where the author states nothing, or states that there is nothing."""

_SPECIAL = frozenset(
    {
        "BUILD_DEPENDENCY_OF",
        "DEV_DEPENDENCY_OF",
        "OPTIONAL_DEPENDENCY_OF",
        "PROVIDED_DEPENDENCY_OF",
        "RUNTIME_DEPENDENCY_OF",
        "TEST_DEPENDENCY_OF",
    }
)
"""Relationships whose first end is what the second one depends on for one purpose."""

_MAJOR = "SPDX-2."
_PACKAGE_TEXTS = (
    "versionInfo",
    "downloadLocation",
    "licenseDeclared",
    "licenseConcluded",
    "originator",
    "supplier",
    "comment",
)


class Checksum(NamedTuple):
    """A hash as written: `SHA256`, hexadecimal digits."""

    algorithm: str
    value: str


class PackageReference(NamedTuple):
    """One external reference of a package: `purl` and the package URL, for example."""

    type: str
    locator: str


class SpdxPackage(NamedTuple):
    """One package; every text is as written, and empty where the package has none."""

    id: str
    name: str
    version: str
    download_location: str
    declared: str
    concluded: str
    originator: str
    supplier: str
    comment: str
    checksums: tuple[Checksum, ...]
    references: tuple[PackageReference, ...]

    @property
    def purl(self) -> str:
        """The first package URL, empty where there is none."""
        return next((reference.locator for reference in self.references if reference.type == "purl"), "")


class Spdx2(NamedTuple):
    """One document.

    `version` is `2.2` or `2.3`. `described` are the identifiers that the document itself DESCRIBES. `dependencies` are
    identifier -> what it depends on, in document order, `NOASSERTION` and `NONE` among them, and at the end what it
    depends on for one purpose, such as development; an absent entry means that its dependencies are not known.
    `other_ids` are those of files and snippets. `licence_names` are the names of licences that are not on the SPDX list,
    by their `LicenseRef-`. `faults` are the places of a wrong type, and the names and identifiers that are missing.
    """

    version: str
    name: str
    namespace: str
    created: str
    creators: tuple[str, ...]
    comment: str
    packages: tuple[SpdxPackage, ...]
    described: frozenset[str]
    dependencies: dict[str, tuple[str, ...]]
    other_ids: frozenset[str]
    licence_names: dict[str, str]
    faults: tuple[Fault, ...]


def is_spdx2(document: object) -> bool:
    """Return whether a parsed JSON document is SPDX 2, of whatever minor version."""
    return isinstance(document, dict) and str(document.get("spdxVersion", "")).startswith(_MAJOR)


def read_spdx2(document: object) -> Spdx2:
    """Read a document.

    Args:
        document: The parsed JSON; anything may be in it.
    Raises:
        UnexpectedShapeError: It is not SPDX, or of another major version than 2.
    """
    version = document.get("spdxVersion") if isinstance(document, dict) else None
    if not (isinstance(document, dict) and isinstance(version, str) and version.startswith(_MAJOR)):
        raise UnexpectedShapeError(f"$.spdxVersion: expected SPDX 2.x, found {version!r}")
    return _Reader().document(document, version.removeprefix("SPDX-"))


class _Reader(ShapeReader):
    """Reads one document."""

    def document(self, document: dict[str, Any], version: str) -> Spdx2:
        creation, place = self.table(document, "creationInfo", ROOT), (ROOT, "creationInfo")
        dependencies, described = self._relationships(document)
        return Spdx2(
            version=version,
            name=self.text(document, "name", ROOT),
            namespace=self.text(document, "documentNamespace", ROOT),
            created=self.text(creation, "created", place),
            creators=self.texts(creation, "creators", place),
            comment=self.text(creation, "comment", place),
            packages=tuple(self._package(node, here) for here, node in self.tables(document, "packages", ROOT)),
            described=described,
            dependencies=dependencies,
            other_ids=frozenset(
                self.text(node, "SPDXID", here)
                for kind in ("files", "snippets")
                for here, node in self.tables(document, kind, ROOT)
            )
            - {""},
            licence_names={
                self.text(node, "licenseId", here): self.text(node, "name", here)
                for here, node in self.tables(document, "hasExtractedLicensingInfos", ROOT)
            },
            faults=self.faults(),
        )

    def _relationships(self, document: dict[str, Any]) -> tuple[dict[str, tuple[str, ...]], frozenset[str]]:
        needs: dict[str, list[str]] = {}
        special: list[tuple[str, str]] = []
        described = set(self.texts(document, "documentDescribes", ROOT))
        for place, node in self.tables(document, "relationships", ROOT):
            source = self.required(node, "spdxElementId", place)
            target = self.required(node, "relatedSpdxElement", place)
            kind = self.text(node, "relationshipType", place).upper()
            if kind == "DEPENDS_ON":
                needs.setdefault(source, []).append(target)
            elif kind == "DEPENDENCY_OF":
                needs.setdefault(target, []).append(source)
            elif kind in _SPECIAL:
                special.append((target, source))
            elif kind == "DESCRIBES" and source == DOCUMENT_ID:
                described.add(target)
            elif kind == "DESCRIBED_BY" and target == DOCUMENT_ID:
                described.add(source)
        for source, target in special:
            if source in needs:  # alone they do not state what else it depends on
                needs[source].append(target)
        return {source: tuple(targets) for source, targets in needs.items()}, frozenset(described)

    def _package(self, node: dict[str, Any], place: Place) -> SpdxPackage:
        version, download, declared, concluded, originator, supplier, comment = self.texts_of(
            node, _PACKAGE_TEXTS, place
        )
        return SpdxPackage(
            id=self.required(node, "SPDXID", place),
            name=self.required(node, "name", place),
            version=version,
            download_location=download,
            declared=declared,
            concluded=concluded,
            originator=originator,
            supplier=supplier,
            comment=comment,
            checksums=self.pairs(node, "checksums", ("algorithm", "checksumValue"), place, Checksum),
            references=self.pairs(node, "externalRefs", ("referenceType", "referenceLocator"), place, PackageReference),
        )
