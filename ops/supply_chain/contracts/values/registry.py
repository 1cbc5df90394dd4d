"""What the registry stores about a document from a supplier, or about an own release, and what it answers.

A package is identified by type, namespace and name, folded by the rules of its type; a component without a package URL
by what it has instead, with a type that begins with a colon: `:cpe`, `:name`. Such an identity is weak: it can show
that a component may be affected, never that it is not.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

import msgspec

from ops.supply_chain.contracts.values.vex import VexBinding

WEAK = ":"
"""What the type of a weak identity begins with."""


class DocumentKind(StrEnum):
    """What a document is."""

    SBOM = "sbom"
    VEX = "vex"


class IntakeDecision(StrEnum):
    """The decision about a document: only what is accepted supersedes an earlier document or makes statements."""

    ACCEPTED = "accepted"
    QUARANTINED = "quarantined"
    REFUSED = "refused"


class IntakeReason(NamedTuple):
    """A reason for a decision: its code, and what the supplier must correct, in one sentence."""

    code: str
    message: str


class RegisteredDocument(msgspec.Struct, frozen=True, kw_only=True):
    """One document: `digest` is the SHA-256 of its original bytes.

    `format` is the standard with its version. `own` is True for the SBOM of an own release; then `supplier` is empty.
    `product` is the identity that a newer document of the same product has, too. `stated` is the document's own time,
    empty if it has none, and `ingested` when it first came, both in UTC as `YYYY-MM-DDTHH:MM:SSZ`. `signer` is the
    verified identity, empty if there is none. `current` is False once a newer document has superseded it; the registry
    sets it. `revision` is the document's edition, in a form that sorts; empty if it has none. `identifiers` are what the
    product is known by: package URL with version and qualifiers, CPE, `sha-256:HEX`, and the BOM-Link of the document.
    """

    digest: str
    kind: DocumentKind
    format: str
    supplier: str
    product: str
    product_version: str
    ingested: str
    decision: IntakeDecision
    name: str
    size: int
    own: bool = False
    stated: str = ""
    signer: str = ""
    reasons: tuple[IntakeReason, ...] = ()
    current: bool = True
    revision: str = ""
    identifiers: tuple[str, ...] = ()


class PackageName(NamedTuple):
    """The identity of a package, or a weak one."""

    type: str
    namespace: str
    name: str

    @property
    def weak(self) -> bool:
        """True if it can show only that a component may be affected."""
        return self.type.startswith(WEAK)


class RegisteredComponent(NamedTuple):
    """A component of a document: `place` is its position there.

    `distribution` is the release of a distribution that it belongs to (`debian-12`), `source` the source package it was
    built from; both empty where the document does not say. `qualifiers` are the further ones of its package URL
    (`arch=amd64`), one line for each occurrence that differs; None where they were not registered.
    """

    place: int
    package: PackageName
    version: str = ""
    distribution: str = ""
    source: str = ""
    qualifiers: str | None = ""


class RegisteredDigest(NamedTuple):
    """A digest of a component at a position of a document: the algorithm's name and lower-case hexadecimal digits."""

    place: int
    algorithm: str
    value: str


class RegisteredStatement(NamedTuple):
    """A supplier's statement about a vulnerability and one subject.

    `product` is the product as the document writes it, `package` and `version` the component in it that the statement is
    about; `package` is None if that could not be identified. `stated` is in UTC, empty if neither the statement nor its
    document has a time. `binding` is everything that product and component are identified by; None where an earlier
    version registered the statement.
    """

    place: int
    vulnerability: str
    aliases: tuple[str, ...]
    status: str
    justification: str
    detail: str
    stated: str
    product: str
    package: PackageName | None
    version: str
    binding: VexBinding | None = None


ComponentVersion = tuple[PackageName, str, str, str]
"""What a component is, wherever it is listed: package, version, distribution, source."""

ListedComponent = tuple[ComponentVersion, str | None]
"""A component and its further qualifiers."""


def listed_once(components: Iterable[RegisteredComponent]) -> tuple[tuple[ListedComponent, int], ...]:
    """Return components, each once, with its first place and the qualifiers of all its places."""
    found: dict[ComponentVersion, RegisteredComponent] = {}
    several: dict[ComponentVersion, set[str]] = {}
    for component in components:
        version = component[1:5]
        first = found.setdefault(version, component)
        if component.qualifiers != first.qualifiers:
            several.setdefault(version, {first.qualifiers or ""}).add(component.qualifiers or "")
    for version, qualifiers in several.items():
        found[version] = found[version]._replace(qualifiers="\n".join(sorted(qualifiers)))
    return tuple(((version, item.qualifiers), item.place) for version, item in found.items())


class RegistryEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A document with everything that is stored of it.

    `listed` can have the components instead: each once, with its first place.
    """

    document: RegisteredDocument
    components: tuple[RegisteredComponent, ...] = ()
    digests: tuple[RegisteredDigest, ...] = ()
    statements: tuple[RegisteredStatement, ...] = ()
    listed: tuple[tuple[ListedComponent, int], ...] = ()

    def versions(self) -> tuple[tuple[ListedComponent, int], ...]:
        """Return what is listed, each once, with its first place and the qualifiers of all its places."""
        return self.listed or listed_once(self.components)


class VersionSpan(NamedTuple):
    """A range of versions between sort keys, both ends included; an empty end is open.

    It is where the database searches. Whether a version is in the range is for the caller to decide.
    """

    lowest: str = ""
    highest: str = ""


class RegistryHit(NamedTuple):
    """A component in a document. `ordered` is False if its version has no place in its ecosystem's order."""

    document: RegisteredDocument
    component: RegisteredComponent
    ordered: bool


class RegisteredVersion(NamedTuple):
    """A version of a package: its number in the registry, and what a component of a document has; see `RegisteredComponent`."""

    number: int
    package: PackageName
    version: str
    distribution: str
    source: str


class DocumentGroup(NamedTuple):
    """How many documents there are of one kind, one decision and so on.

    `read` is False for those that could not be read, `known` if the supplier is known.
    """

    kind: DocumentKind
    own: bool
    decision: IntakeDecision
    current: bool
    read: bool
    known: bool
    documents: int


class RegistryCounts(NamedTuple):
    """Rows of the registry."""

    documents: int
    packages: int
    versions: int
    components: int
    statements: int
