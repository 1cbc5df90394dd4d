"""The SBOM as SPDX 3.0.1 JSON-LD.

Everything about a package is in the graph of one document: identifiers begin with
the document's own name, a UUIDv5 of its content, because the same package may be known better elsewhere.
All hashes of a version's files are `verifiedUsing` of its package, each with the file's name as its comment
where the lock lists files.

Direct dependencies that are not part of the product have relationships of their own with the root: `hasOptionalDependency`,
and `dependsOn` in the scope `development`; a sentence `Scope: ...` in the comment says it of every package.

What is not known is said: `noAssertion` completeness, NoAssertionElement, NoAssertionLicense, and CISA's word
for the element in the comment. A distribution `contains` its files and what is vendored or bundled in it, and
`usesTool` in the scope `build`. A producer is an `Agent`: metadata does not distinguish people from organisations.

Source: SPDX 3.0.1 model and JSON-LD serialisation, https://spdx.github.io/spdx-spec/v3.0.1/;
CISA minimum elements for an SBOM, https://www.cisa.gov/sbom.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from ops.supply_chain.contracts.values.lock import InstallScope
from ops.supply_chain.core import canonical
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.text import printable
from ops.supply_chain.inventory.model.document import GENERATOR, Component, Document, LinkKind, Package
from ops.supply_chain.inventory.model.suppliers import contact_in, delivery_of, supplier_in
from ops.supply_chain.inventory.writers.spdx3_agents import agent_of, author_of
from ops.supply_chain.inventory.writers.spdx3_contents import contents_of
from ops.supply_chain.inventory.writers.spdx3_elements import CREATION, NAMESPACE, OPEN_BYTES, element, identifier, text
from ops.supply_chain.inventory.writers.spdx_terms import (
    NOT_STATED,
    Declared,
    contents_statement,
    creation_statement,
    declared,
    document_statement,
    download_location,
    package_statement,
    place_statement,
    slug_of,
    source_statement,
)

CONTEXT = "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"
VERSION = "3.0.1"
NO_LICENCE = "expandedlicensing_NoAssertionLicense"

_ALGORITHMS = {
    "adler32": "adler32",
    "blake2b": "blake2b512",
    "blake2b_256": "blake2b256",
    "blake2b_384": "blake2b384",
    "blake2b_512": "blake2b512",
    "blake3": "blake3",
    "md5": "md5",
    "sha1": "sha1",
    "sha224": "sha224",
    "sha256": "sha256",
    "sha384": "sha384",
    "sha512": "sha512",
    "sha3_224": "sha3_224",
    "sha3_256": "sha3_256",
    "sha3_384": "sha3_384",
    "sha3_512": "sha3_512",
}
"""hashlib's names -> members of HashAlgorithm; what is missing here is written as `other` with its name."""

_SBOM_TYPES = {
    "design": "design",
    "pre-build": "source",
    "build": "build",
    "post-build": "analyzed",
    "operations": "deployed",
    "discovery": "analyzed",
}
"""CycloneDX lifecycle phases -> SbomType, whose "source" is "created directly from the development
environment, source files, and included dependencies"."""

_LINKS = {
    LinkKind.WEBSITE: "altWebPage",
    LinkKind.VCS: "vcs",
    LinkKind.ISSUES: "issueTracker",
    LinkKind.DOCUMENTATION: "documentation",
    LinkKind.CHANGES: "releaseNotes",
}

_COMMENT, _SOURCE = "@comment@", "@source@"
_COMMENT_LINE = f'\n      "comment": "{_COMMENT}",'
_SOURCE_LINE = f',\n      "software_sourceInfo": "{_SOURCE}"'

_Elements = Mapping[str, str]
"""Identifier -> JSON of an element that several packages may share."""


class _Fragment(NamedTuple):
    """A package's JSON, cut where a component puts its own words, and what goes with it."""

    package: Package
    supplier: str
    is_root: bool
    before_comment: str
    statement: str
    before_source: str
    after_source: str
    shared: _Elements
    licence_id: str
    licence: str


class Spdx3Writer:
    """Writes the documents of one run; what is the same in many of them is written once."""

    def __init__(self) -> None:
        self._fragments: dict[str, _Fragment] = {}

    def render(self, document: Document) -> bytes:
        """Write one document.

        Args:
            document: Any; its packages are those of the run, one object a ref.
        Returns:
            Canonical JSON, see `core.canonical`.
        """
        components = (document.root, *document.components, *document.tools)
        fragments = [self._fragment(component.package, document) for component in components]
        shared: dict[str, str] = {}
        for fragment in fragments:
            shared.update(fragment.shared)
        edges = dict(_edges(document))
        contents = contents_of(document)
        members = [identifier(slug_of(component.package.ref)) for component in components]
        members += [*shared, *(fragment.licence_id for fragment in fragments), *edges, *contents]
        graph = [
            *map(text, _frame(document, members)),
            *map(partial(_package, document), fragments, components),
            *(shared[name] for name in sorted(shared)),
            *(fragment.licence for fragment in fragments),
            *edges.values(),
            *contents.values(),
        ]
        graph[0] = f'{{\n  "@context": "{CONTEXT}",\n  "@graph": [\n{graph[0]}'
        graph[-1] = f"{graph[-1]}\n  ]\n}}\n"
        # Of an aggregate each copy has tens of megabytes: none is kept longer than it is needed.
        whole = ",\n".join(graph)
        del graph
        data = whole.encode()
        del whole
        serial = uuid.uuid5(uuid.NAMESPACE_URL, f"{NAMESPACE}{sha256_bytes(data)}")
        return data.replace(OPEN_BYTES, f"{NAMESPACE}{serial}#".encode())

    def _fragment(self, package: Package, document: Document) -> _Fragment:
        known = self._fragments.get(package.ref)
        supplier = supplier_in(document, package)
        if known is None or known.package is not package or known.supplier != supplier:  # one object a ref in a run
            known = _cut(package, supplier, document)
            self._fragments[package.ref] = known
        return known


def render(document: Document) -> bytes:
    """Write one document as SPDX 3.0.1 JSON-LD in canonical JSON."""
    return Spdx3Writer().render(document)


def _frame(document: Document, members: list[str]) -> Iterator[dict[str, Any]]:
    root = document.root.package
    what = f"{root.name} {root.version}".strip()
    name = f"{what}: {document.subject}" if document.subject else what
    yield {
        "type": "CreationInfo",
        "@id": CREATION,
        "specVersion": VERSION,
        "created": document.timestamp,
        "createdBy": [identifier("author")],
        "createdUsing": [identifier("tool")],
        "comment": creation_statement(document),
    }
    yield element(
        "SpdxDocument",
        "document",
        name=name,
        comment=document_statement(document),
        dataLicense=identifier("data-license"),
        profileConformance=["core", "simpleLicensing", "software"],
        rootElement=[identifier("sbom")],
    )
    yield element(
        "software_Sbom",
        "sbom",
        name=name,
        element=members,
        rootElement=[identifier(slug_of(root.ref))],
        software_sbomType=[_SBOM_TYPES[document.lifecycle]],
    )
    yield element("simplelicensing_LicenseExpression", "data-license", simplelicensing_licenseExpression="CC0-1.0")
    yield element("Tool", "tool", name=f"{GENERATOR} {document.generator_version}")
    yield author_of(document)


def _cut(package: Package, supplier: str, document: Document) -> _Fragment:
    is_root = package is document.root.package
    slug = slug_of(package.ref)
    licence = declared(package.licence)
    licence_elements = dict(_licence(licence))
    contact = contact_in(document, package)
    producers, suppliers = dict(agent_of(package.producer, contact)), dict(agent_of(supplier, contact))
    purpose = "application" if is_root and document.distribution is None else "library"
    plain = text(_plain(package, list(producers), list(suppliers), purpose=purpose))
    before_comment, rest = plain.split(_COMMENT_LINE, 1)
    before_source, after_source = rest.split(_SOURCE_LINE, 1)
    relation = element(
        "Relationship",
        f"licence-{slug}",
        **{"from": identifier(slug)},
        relationshipType="hasDeclaredLicense",
        to=[next(iter(licence_elements), NO_LICENCE)],
        completeness="complete" if licence_elements else "noAssertion",
        comment=licence.comment,
    )
    return _Fragment(
        package=package,
        supplier=supplier,
        is_root=is_root,
        before_comment=before_comment,
        statement=package_statement(package, is_root=is_root),
        before_source=before_source,
        after_source=after_source,
        shared={name: text(element) for name, element in (licence_elements | producers | suppliers).items()},
        licence_id=relation["spdxId"],
        licence=text(relation),
    )


def _licence(licence: Declared) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the elements of a declared licence, the expression first; nothing where it is unknown."""
    if licence.expression == "NOASSERTION":
        return
    names = {reference: f"text-{slug_of(reference)}" for reference, _ in licence.references}
    custom = [
        {"type": "DictionaryEntry", "key": reference, "value": identifier(name)} for reference, name in names.items()
    ]
    expression = element(
        "simplelicensing_LicenseExpression",
        f"expression-{slug_of(licence.expression)}",
        simplelicensing_licenseExpression=licence.expression,
        simplelicensing_customIdToUri=custom,
    )
    yield expression["spdxId"], expression
    for reference, words in licence.references:
        named = element(
            "simplelicensing_SimpleLicensingText",
            names[reference],
            name=words,
            simplelicensing_licenseText=words,
            comment=NOT_STATED,
        )
        yield named["spdxId"], named


def _plain(package: Package, producers: list[str], suppliers: list[str], *, purpose: str) -> dict[str, Any]:
    links = [link for link in package.links if link.kind is LinkKind.WEBSITE]
    home_page = links[0].url if links else ""
    references = [
        {"type": "ExternalRef", "externalRefType": _LINKS[link.kind], "locator": [link.url]}
        for link in package.links
        if link.url != home_page or link.kind is not LinkKind.WEBSITE
    ]
    cpe = {"type": "ExternalIdentifier", "externalIdentifierType": "cpe23", "identifier": package.cpe}
    return element(
        "software_Package",
        slug_of(package.ref),
        name=package.name,
        comment=_COMMENT,
        summary=package.summary,
        externalIdentifier=[cpe] if package.cpe else [],
        externalRef=references,
        originatedBy=producers,
        suppliedBy=suppliers[0] if suppliers else "",
        verifiedUsing=list(_hashes(package)),
        software_copyrightText="NOASSERTION",
        software_downloadLocation=download_location(package),
        software_homePage=home_page,
        software_packageUrl=package.purl,
        software_packageVersion=package.version,
        software_primaryPurpose=purpose,
        software_sourceInfo=_SOURCE,
    )


def _hashes(package: Package) -> Iterator[dict[str, str]]:
    files = {digest: file.name for file in package.files for digest in file.hashes}
    for entry in package.hashes:
        algorithm, _, digest = entry.partition(":")
        known = _ALGORITHMS.get(algorithm, "other")
        words = filter(None, (algorithm if known == "other" else "", printable(files.get(entry, ""))))
        comment = " ".join(words)
        plain = {"type": "Hash", "algorithm": known, "hashValue": digest}
        yield {**plain, "comment": comment} if comment else plain


def _package(document: Document, fragment: _Fragment, component: Component) -> str:
    place = place_statement(
        direct=component.direct,
        groups=component.groups,
        complete=component.depends_complete,
        is_root=fragment.is_root or component.part is not None,
        scope=component.scope,
        delivery=delivery_of(document, component),
    )
    words = " ".join(filter(None, (fragment.statement, place, contents_statement(component))))
    comment = canonical.text(words)
    source = source_statement(component)
    return "".join(
        (
            fragment.before_comment,
            f'\n      "comment": {comment},',
            fragment.before_source,
            f',\n      "software_sourceInfo": {canonical.text(source)}' if source else "",
            fragment.after_source,
        )
    )


def _edges(document: Document) -> Iterator[tuple[str, str]]:
    """Yield the dependency relationships: the identifier and the JSON of each."""
    root = document.root
    scopes = {component.package.ref: component.scope for component in document.components if not component.part}
    by_scope: dict[InstallScope | None, list[str]] = {}
    for ref in root.depends_on or ():
        if ref not in scopes and document.distribution is not None:
            continue  # it is contained, see `contents_of`
        scope = scopes.get(ref)
        by_scope.setdefault(scope if scope in _OTHER_DEPENDENCIES else None, []).append(ref)
    # A project needs some packages for development only, and not every lock states which.
    yield _edge(root, _Kind(""), by_scope.get(None, ()))
    for scope, kind in _OTHER_DEPENDENCIES.items():
        if scope in by_scope:
            yield _edge(root, kind, by_scope[scope])
    for component in document.components:
        # What a wheel contains is in `contents_of`.
        needed = [ref for ref in component.depends_on or () if ref not in component.parts]
        yield _edge(component, _Kind("runtime"), needed)


class _Kind(NamedTuple):
    """A kind of dependency: its lifecycle scope (empty where that is not known), its type, and its word in identifiers."""

    scope: str
    relationship: str = "dependsOn"
    word: str = "needs"


_OTHER_DEPENDENCIES: dict[InstallScope | None, _Kind] = {
    InstallScope.OPTIONAL: _Kind("", "hasOptionalDependency", "may-need"),
    InstallScope.EXCLUDED: _Kind("development", "dependsOn", "needs-for-development"),
}
"""What the root names itself and is not installed with it."""


def _edge(component: Component, kind: _Kind, refs: Sequence[str]) -> tuple[str, str]:
    """Return one dependency relationship of a component: its identifier and its JSON."""
    slug = slug_of(component.package.ref)
    if component.depends_complete:
        completeness, nothing = "complete", "NoneElement"
    else:
        completeness, nothing = "noAssertion", "NoAssertionElement"
    open_ = OPEN_BYTES.decode()
    scope = f'      "scope": "{kind.scope}",\n' if kind.scope else ""
    # Written by hand, in the order of sorted keys: there is one for each component of each document.
    text = (
        f'    {{\n      "completeness": "{completeness}",\n      "creationInfo": "{CREATION}",\n'
        f'      "from": "{open_}{slug}",\n      "relationshipType": "{kind.relationship}",\n'
        f'{scope}      "spdxId": "{open_}{kind.word}-{slug}",\n      "to": [\n'
        f"{_targets(refs, nothing)}\n"
        '      ],\n      "type": "LifecycleScopedRelationship"\n    }'
    )
    return identifier(f"{kind.word}-{slug}"), text


def _targets(refs: Iterable[str], nothing: str) -> str:
    open_ = OPEN_BYTES.decode()
    lines = [f'        "{open_}{slug_of(ref)}"' for ref in refs]
    return ",\n".join(lines or [f'        "{nothing}"'])
