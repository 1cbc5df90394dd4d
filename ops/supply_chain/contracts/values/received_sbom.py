"""An SBOM that was read: one typed value, whatever format and serialisation it came in.

Components have a position in `ReceivedSbom.components`; everything that refers to one (edges, roots, completeness,
statements) does so by that position, so that a document of 200,000 components fits into memory. Nothing is dropped in
silence: what could not be read, refers to nothing or contradicts itself is a `SbomDefect`.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import NamedTuple

import msgspec

NO_COMPONENT = -1
"""The position of what is no component of the document."""


class SbomStandard(StrEnum):
    """The standard that a document follows."""

    CYCLONEDX = "CycloneDX"
    SPDX = "SPDX"


class SbomSyntax(StrEnum):
    """The serialisation of a document."""

    JSON = "JSON"
    XML = "XML"
    TAG_VALUE = "tag-value"
    YAML = "YAML"
    RDF_XML = "RDF/XML"
    JSON_LD = "JSON-LD"


class DefectKind(StrEnum):
    """What is wrong with a place of a document.

    `SCHEMA`: it breaks the standard's schema. `UNREAD`: it has another shape than it must, so what it states is not in the
    result. `REFERENCE`: it refers to something that the document does not have. `REPEATED`: a second entry for the same
    thing. `VALUE`: a value that was read and does not mean what it must (a timestamp, a package URL, a digest).
    `MISSING`: the standard requires a value that is not there.
    """

    SCHEMA = "schema"
    UNREAD = "unread"
    REFERENCE = "reference"
    REPEATED = "repeated"
    VALUE = "value"
    MISSING = "missing"


class SbomDefect(NamedTuple):
    """One thing that is wrong: its kind, its place (a JSON pointer, or `line 12`), and a sentence."""

    kind: DefectKind
    location: str
    message: str


class SbomParty(NamedTuple):
    """A person or an organisation: `kind` is `person`, `organization` or empty; what is not given is empty."""

    name: str
    kind: str = ""
    email: str = ""
    url: str = ""


class SbomTool(NamedTuple):
    """A tool that made a document."""

    name: str
    version: str = ""


class SbomDigest(NamedTuple):
    """A digest: the algorithm's name in lower case (`sha-256`, `sha3-256`, `blake2b-256`), hexadecimal digits in lower case."""

    algorithm: str
    value: str


class SbomLicence(NamedTuple):
    """One statement of a licence: an SPDX identifier or expression, or a free name; `basis` is `declared`, `concluded` or empty.

    `names` are the document's names of its own licences in the expression: (`LicenseRef-...`, name).
    """

    expression: str
    name: str = ""
    basis: str = ""
    names: tuple[tuple[str, str], ...] = ()


class SbomReference(NamedTuple):
    """An address that belongs to a component: its type in the words of the standard, the address, digests of what is there."""

    type: str
    url: str
    digests: tuple[SbomDigest, ...] = ()


class PackageIdentity(NamedTuple):
    """A package URL taken apart, in the form in which two are compared.

    `name` and `namespace` are folded by the rules of the type, `version` is percent-decoded as written. `qualifiers` are
    sorted; they belong to the occurrence, not to the package.
    """

    type: str
    namespace: str
    name: str
    version: str = ""
    qualifiers: tuple[tuple[str, str], ...] = ()
    subpath: str = ""


class SbomComponent(msgspec.Struct, frozen=True, gc=False):
    """One component; texts are as written, and empty where the document gives none.

    `type` is in the words of CycloneDX in lower case (`library`, `file`, `application`), empty where the document gives none. `purl` is as
    written and `package` what it means, None where there is none or it is broken. `identifiers` are others: (kind, value),
    kind `swid`, `swhid`, `omniborid`, `gitoid`, `other`. `parent` is the component that it is nested in. `unknown` are the
    fields that the document states to be unknown (`NOASSERTION`, and properties and comments that say so), sorted.
    `properties` are those that a profile needs. `external` is True if the document states that the component is not delivered
    with the product.
    """

    ref: str
    name: str
    version: str = ""
    type: str = ""
    group: str = ""
    purl: str = ""
    package: PackageIdentity | None = None
    cpes: tuple[str, ...] = ()
    identifiers: tuple[tuple[str, str], ...] = ()
    digests: tuple[SbomDigest, ...] = ()
    licences: tuple[SbomLicence, ...] = ()
    supplier: SbomParty | None = None
    producer: SbomParty | None = None
    authors: tuple[SbomParty, ...] = ()
    file_name: str = ""
    scope: str = ""
    parent: int = NO_COMPONENT
    unknown: tuple[str, ...] = ()
    references: tuple[SbomReference, ...] = ()
    properties: tuple[tuple[str, str], ...] = ()
    external: bool = False


class EdgeKind(IntEnum):
    """What an edge from one component to another means. `RELATED` is any other relationship."""

    DEPENDS_ON = 1
    OPTIONAL = 2
    DEVELOPMENT = 3
    CONTAINS = 4
    PROVIDES = 5
    GENERATED_FROM = 6
    RELATED = 7


@dataclass(frozen=True, slots=True)
class SbomEdges:
    """The edges of a document, in its order: positions of components and the kind, one array each.

    `stated` has a byte for each component: 1 if the document states what it depends on, even if that is nothing; 0 if it
    does not say. `unknown` are the components of which it states that this is unknown.
    """

    sources: array[int]
    targets: array[int]
    kinds: bytes
    stated: bytes
    unknown: frozenset[int] = frozenset()

    def __len__(self) -> int:
        return len(self.kinds)

    def __iter__(self) -> Iterator[tuple[int, int, EdgeKind]]:
        for source, target, kind in zip(self.sources, self.targets, self.kinds, strict=True):
            yield source, target, EdgeKind(kind)


class SbomCompleteness(NamedTuple):
    """How complete the document is about some components.

    `aggregate` is in the words of CycloneDX (`complete`, `incomplete`, `unknown`, ...). `assemblies` are those whose parts
    it speaks of, `dependencies` those whose dependencies it speaks of.
    """

    aggregate: str
    assemblies: tuple[int, ...] = ()
    dependencies: tuple[int, ...] = ()


class AffectedVersions(NamedTuple):
    """Versions of an affected component: an exact one or a `vers` range, and `affected`, `unaffected` or `unknown`."""

    version: str
    range: str
    status: str


class AffectedComponent(NamedTuple):
    """What a statement is about: the reference as written (a bom-ref or a BOM-Link), and its position if it is in this document."""

    ref: str
    component: int
    versions: tuple[AffectedVersions, ...] = ()


class SbomRating(NamedTuple):
    """A severity that a document gives: method, score, severity, vector; as written, empty where absent."""

    method: str
    score: str
    severity: str
    vector: str


class SbomStatement(msgspec.Struct, frozen=True, kw_only=True):
    """A vulnerability in a document, with the analysis (VEX) of it.

    `state`, `justification` and `responses` are in the words of CycloneDX; empty where there is no analysis. `aliases`
    are further identifiers, in order.
    """

    location: str
    id: str
    source: str = ""
    aliases: tuple[str, ...] = ()
    state: str = ""
    justification: str = ""
    responses: tuple[str, ...] = ()
    detail: str = ""
    description: str = ""
    first_issued: str = ""
    last_updated: str = ""
    ratings: tuple[SbomRating, ...] = ()
    affects: tuple[AffectedComponent, ...] = ()


class ReceivedSbom(msgspec.Struct, frozen=True, kw_only=True):
    """One document.

    `version` is the standard's (`1.6`, `2.3`, `3.0.1`). `identifier` is the serial number, the document's namespace or its
    SPDX id, `revision` the document's own version where the standard has one. `name` is the document's, `timestamp` as
    written. `authors` made the document, `supplier` supplied what it describes. `phases` say when in the life of the
    product it was made. `roots` are the components that it describes. `locations` has the place of each component in the
    document: a JSON pointer, or `line 12` where the serialisation is not JSON. `carriers` are the envelopes that it was taken out
    of, outermost first (`gzip`, `DSSE`, ...): no signature was checked. `signature_gaps` are what a signature inside the
    document lacks, a sentence each. `lists_vulnerabilities` is True if it has a list of vulnerabilities, be it empty. `defects`
    has at most `MOST_DEFECTS`, `defect_count` is how many there are.
    """

    standard: SbomStandard
    version: str
    syntax: SbomSyntax
    identifier: str = ""
    revision: int | None = None
    name: str = ""
    timestamp: str = ""
    authors: tuple[SbomParty, ...] = ()
    supplier: SbomParty | None = None
    tools: tuple[SbomTool, ...] = ()
    phases: tuple[str, ...] = ()
    licences: tuple[SbomLicence, ...] = ()
    properties: tuple[tuple[str, str], ...] = ()
    roots: tuple[int, ...] = ()
    components: tuple[SbomComponent, ...] = ()
    locations: tuple[str, ...] = ()
    edges: SbomEdges
    completeness: tuple[SbomCompleteness, ...] = ()
    statements: tuple[SbomStatement, ...] = ()
    has_signature: bool = False
    signature_gaps: tuple[str, ...] = ()
    lists_vulnerabilities: bool = False
    carriers: tuple[str, ...] = ()
    defects: tuple[SbomDefect, ...] = ()
    defect_count: int = 0

    @property
    def label(self) -> str:
        """Standard, version and serialisation in words: `CycloneDX 1.6 (JSON)`."""
        return f"{self.standard.value} {self.version or '(no version)'} ({self.syntax.value})"

    @property
    def is_whole(self) -> bool:
        """True if everything that the document states was read."""
        return not any(defect.kind in (DefectKind.UNREAD, DefectKind.SCHEMA) for defect in self.defects)


MOST_DEFECTS = 1000
"""Defects that are listed of one document; more of the same help no one."""
