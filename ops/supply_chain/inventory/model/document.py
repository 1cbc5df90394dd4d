"""The neutral SBOM: the one model that every output format is written from.

A `Package` is one piece of software, the same object in every document that contains it; a `Component` is a
package in one document: its occurrences there, and its dependencies there. All lists are
sorted by the builder, so a writer keeps their order.

Unknown is a value here, never an absence to guess about: empty text or None means "unknown", and
`Component.unknown` names it in the words of CISA's list.

Source: CISA and others, "2026 Minimum Elements for a Software Bill of Materials", v2.1 (2026-07-29),
https://www.cisa.gov/sbom.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from ops.supply_chain.contracts.values.lock import DEFAULT_INDEX, InstallScope, LockKind, PinFile, PinSource
from ops.supply_chain.inventory.model.contents import ContentPart, DescribedDistribution, IdentityEvidence

GENERATOR = "sealwright"
"""Our name as the tool that generates."""

GENERATOR_VERSION = "0.1.0"
"""Our version, the same whether we are installed or run from a checkout; a test holds it to `pyproject.toml`."""


class Element(StrEnum):
    """The component and document elements of the 2026 list that may be unknown to us."""

    AUTHOR = "SBOM Author"
    PRODUCER = "Component Producer"
    VERSION = "Component Version"
    IDENTIFIERS = "Component Identifiers"
    HASH = "Component Hash Value"
    LICENCE = "Component License"
    DEPENDENCIES = "Dependency Relationship"


class Licence(msgspec.Struct, frozen=True, kw_only=True):
    """What a package's own metadata declares about its licence; all empty means unknown.

    Exactly one of the two forms is used. `expression` is a canonical SPDX expression (one identifier is
    one too). Else `ids` are SPDX identifiers and `names` free names (printable, one line, bounded), both
    sorted, whose relation (and, or) the metadata does not state. `source` is the field it was read from:
    `License-Expression`, `Classifier`, `License`, `project`, or empty.
    """

    expression: str = ""
    ids: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    source: str = ""

    @property
    def known(self) -> bool:
        """Whether anything at all is declared."""
        return bool(self.expression or self.ids or self.names)


UNKNOWN_LICENCE = Licence()


class LinkKind(StrEnum):
    """What an address of a package leads to, in CycloneDX's words for external references."""

    WEBSITE = "website"
    VCS = "vcs"
    ISSUES = "issue-tracker"
    DOCUMENTATION = "documentation"
    CHANGES = "release-notes"


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """An address that a package's metadata names: http or https, a valid IRI, without credentials."""

    kind: LinkKind
    url: str


class Package(msgspec.Struct, frozen=True, kw_only=True):
    """One piece of software: one name, one version, one source.

    `ref` is unique in a project and the same in each of its documents: the purl where there is one.
    `name` is as the lock writes it, `key` its PEP 503 form. `version` is empty where no lock fixes it.
    `purl` is empty for what comes from a path: it is in no repository that a purl could name.
    `hashes` are `<algorithm>:<lower-case hex>`, sorted, without duplicates, of all files together;
    `files` the same per file, where the lock lists files. `markers` are the environment markers under which it
    is installed, empty where that is always; `extras` the requested extras. `producer` is a name without
    addresses, empty if unknown. `links` are sorted by kind, then address. `page` is the index's page of the
    project, empty for what comes from elsewhere. `enriched` says that the package's own metadata was had.
    `contact` is an e-mail address or a URL of the producer, empty if only the addresses of the package lead to it.
    `local` marks the project's own packages. `cpe` is a CPE 2.3 name, empty where none is known.
    """

    ref: str
    name: str
    key: str
    version: str
    purl: str
    source: PinSource = DEFAULT_INDEX
    hashes: tuple[str, ...] = ()
    files: tuple[PinFile, ...] = ()
    markers: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    licence: Licence = UNKNOWN_LICENCE
    producer: str = ""
    contact: str = ""
    summary: str = ""
    links: tuple[Link, ...] = ()
    page: str = ""
    enriched: bool = False
    local: bool = False
    cpe: str = ""

    @property
    def unknown(self) -> tuple[Element, ...]:
        """The elements that are not known of it, in the order of `Element`, dependencies left out."""
        known = {
            Element.PRODUCER: self.producer,
            Element.VERSION: self.version,
            Element.IDENTIFIERS: self.purl,
            Element.HASH: self.hashes,
            Element.LICENCE: self.licence.known,
        }
        return tuple(element for element, value in known.items() if not value)


class Occurrence(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A line that names a package: `path` and `line` of the text, `lock` the lock it belongs to.

    `path` differs from `lock` where the lock includes another file. Both are relative to the project. In the document of a
    distribution both may be a file in it, and `line` 0 means the file as a whole.
    """

    lock: str
    path: str
    line: int


class PartsKnown(StrEnum):
    """Whether the parts of a package are known, in CycloneDX's words: all, some, or nothing of its wheel was examined."""

    COMPLETE = "complete"
    INCOMPLETE = "incomplete"
    UNKNOWN = "unknown"


class Component(msgspec.Struct, frozen=True, kw_only=True):
    """A package in one document.

    `occurrences` are sorted by lock, path, line. `depends_on` are refs of the same document, sorted; None
    where no lock states it. `depends_complete` is False where `depends_on` is None, or contains what some locks
    state and another does not. `direct` is True where a lock wants it for itself, False where only
    others need it, None where no lock knows. `groups` are the project's dependency groups and extras, sorted.
    `kinds` are the kinds of lock that name it, sorted. `scope` says whether it is part of the product; None where the
    document does not state it. `part` says how it came into a distribution, None for everything else; `evidence` why it has
    its name and version, sorted; empty where a lock has it. `notes` are further (label, text) pairs, sorted; a label is a
    word in kebab case. `parts` are the refs of what its wheel contains, sorted; they are in `depends_on` as well. `coverage`
    is how well that is known; None where the document does not state it.
    """

    package: Package
    occurrences: tuple[Occurrence, ...] = ()
    depends_on: tuple[str, ...] | None = None
    depends_complete: bool = False
    direct: bool | None = None
    groups: tuple[str, ...] = ()
    kinds: tuple[LockKind, ...] = ()
    scope: InstallScope | None = None
    part: ContentPart | None = None
    evidence: tuple[IdentityEvidence, ...] = ()
    notes: tuple[tuple[str, str], ...] = ()
    parts: tuple[str, ...] = ()
    coverage: PartsKnown | None = None

    @property
    def unknown(self) -> tuple[Element, ...]:
        """The elements that are not known of it here, in the order of `Element`."""
        return self.package.unknown + (() if self.depends_complete else (Element.DEPENDENCIES,))


class LockRef(msgspec.Struct, frozen=True, kw_only=True):
    """A lock that a document describes; `entries` counts its entries, `compiled_at` may be empty."""

    path: str
    kind: LockKind
    sha256: str
    entries: int
    compiled_at: str = ""


FROM_LOCKS = "pre-build"
"""Lifecycle phase, in CycloneDX's words, of a document that is made from locks."""

FROM_DISTRIBUTION = "post-build"
"""The same of a document that is made from a distribution."""


class TimestampSource(StrEnum):
    """The origin of a document's timestamp; `NONE` means that the timestamp is unknown."""

    SOURCE_DATE_EPOCH = "source-date-epoch"
    COMMIT = "commit"
    COMPILED_AT = "compiled-at"
    NONE = "none"


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """One SBOM.

    `root` is the component described: its `depends_on` are the direct dependencies, `depends_complete`
    whether that is known to be all of them; it has no occurrences. `components` are sorted by ref and
    hold neither the root nor two of one ref. `locks` are sorted by path, empty for a project without
    any. `subject` is empty for the aggregate, else the path of the one lock. `complete` says that every
    entry of every lock is a component. `author` is who makes the SBOM, empty if unknown, `author_contact` their
    e-mail address or URL. `timestamp` is
    RFC 3339 UTC. `lifecycle` is the phase in CycloneDX's words. `generator_version` is ours. `enriched`
    says that package metadata was asked for. `distribution` is what the document describes if it is one distribution, and
    `tools` are the packages that built it, sorted by ref and with refs of their own; both are absent from other documents.
    """

    root: Component
    components: tuple[Component, ...]
    timestamp: str
    timestamp_source: TimestampSource
    generator_version: str
    author: str = ""
    author_contact: str = ""
    locks: tuple[LockRef, ...] = ()
    subject: str = ""
    complete: bool = True
    lifecycle: str = FROM_LOCKS
    enriched: bool = False
    distribution: DescribedDistribution | None = None
    tools: tuple[Component, ...] = ()

    @property
    def unknown(self) -> tuple[Element, ...]:
        """The document's own elements that are not known."""
        return () if self.author else (Element.AUTHOR,)

    @property
    def unopened(self) -> tuple[int, int]:
        """How many packages have wheels of which nothing is known, and of how many that is stated."""
        stated = [component.coverage for component in self.components if component.coverage is not None]
        return stated.count(PartsKnown.UNKNOWN), len(stated)
