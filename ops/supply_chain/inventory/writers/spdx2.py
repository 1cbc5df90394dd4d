"""The SBOM as SPDX 2.3 JSON.

A lock accepts several files of one version and gives a hash for each. SPDX `files` need a SHA-1 that locks
do not hold, and a package for each file would make sixty packages out of one in every scanner; so a package
has all hashes as its `checksums`, of one algorithm several times (neither the specification, nor its schema,
nor spdx-tools forbids that), and its comment says that each is of one file, and of which where the lock lists files.

What is not known is said: NOASSERTION where a field has that value, a `DEPENDS_ON NOASSERTION` where edges
are unknown (`NONE` where there are known to be none), and CISA's word for the element in the comment.
Direct dependencies that are not part of the product are `OPTIONAL_DEPENDENCY_OF` or `DEV_DEPENDENCY_OF` the root; a sentence
`Scope: ...` in the comment says it of every package, where the document states it.
SPDX 2.3 has no field for the generation context: it is in the creation comment.

A distribution CONTAINS its files and what is vendored or bundled in it; what built it is BUILD_TOOL_OF it.

Source: SPDX 2.3, https://spdx.github.io/spdx-spec/v2.3/; CISA minimum elements
for an SBOM, https://www.cisa.gov/sbom.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any, NamedTuple

from ops.supply_chain.contracts.values.lock import InstallScope
from ops.supply_chain.core import canonical
from ops.supply_chain.core.addresses import URI_BASE
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.inventory.model.document import GENERATOR, Component, Document, LinkKind, Package
from ops.supply_chain.inventory.model.suppliers import delivery_of, supplier_in
from ops.supply_chain.inventory.writers.fragments import array, fragment
from ops.supply_chain.inventory.writers.spdx2_files import file_entry, root_fields, spdx_id
from ops.supply_chain.inventory.writers.spdx_terms import (
    NOT_STATED,
    Declared,
    actor,
    contained_in,
    contents_statement,
    creation_statement,
    declared,
    document_statement,
    download_location,
    package_statement,
    place_statement,
    source_statement,
)

NAMESPACE = URI_BASE + "spdx:"
"""Start of every `documentNamespace`; a UUIDv5 of the document's content follows."""

DOCUMENT_ID = "SPDXRef-DOCUMENT"

_ALGORITHMS = {
    "adler32": "ADLER32",
    "blake2b_256": "BLAKE2b-256",
    "blake2b_384": "BLAKE2b-384",
    "blake2b": "BLAKE2b-512",
    "blake2b_512": "BLAKE2b-512",
    "blake3": "BLAKE3",
    "md5": "MD5",
    "sha1": "SHA1",
    "sha224": "SHA224",
    "sha256": "SHA256",
    "sha384": "SHA384",
    "sha512": "SHA512",
    "sha3_256": "SHA3-256",
    "sha3_384": "SHA3-384",
    "sha3_512": "SHA3-512",
}
"""hashlib's names -> those of the schema's `algorithm`."""

_DEPENDENCY_OF: dict[InstallScope | None, str] = {
    InstallScope.OPTIONAL: "OPTIONAL_DEPENDENCY_OF",
    InstallScope.EXCLUDED: "DEV_DEPENDENCY_OF",
}
"""Relationship with the root of what it names itself and is not installed with it."""

_HOST = r"[A-Za-z0-9]+(?:[.-][A-Za-z0-9]+)*\.[A-Za-z]{2,5}(?::[0-9]{1,5})?"
_ADDRESS = re.compile(rf"(?:(?:git|hg|svn|bzr)\+)?(?:https?|ssh|git|svn|sftp|ftp)://(?:[\w.~-]+@)?{_HOST}(?:/\S*)?")
_COMMENT, _SOURCE, _UUID, _BODY, _EDGES = "@comment@", "@source@", "@uuid@", "@packages@", "@relationships@"
_COMMENT_LINE = f'\n      "comment": "{_COMMENT}",'
_FILES = "@files@"
_FILES_LINE = f'\n  "files": "{_FILES}",'
_NAMESPACE_LINE = f'\n  "documentNamespace": "{NAMESPACE}{_UUID}"'.encode()
_SOURCE_LINE = f'\n      "sourceInfo": "{_SOURCE}",'


class _Fragment(NamedTuple):
    """A package's JSON, cut where a component puts its own words."""

    package: Package
    supplier: str
    is_root: bool
    before_comment: str
    statement: str
    before_source: str
    after_source: str
    licence: Declared


class Spdx2Writer:
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
        packages = ",\n".join(map(partial(_package, document), fragments, components))
        edges = ",\n".join(_relationships(document))
        text = f"{canonical.indented(_head(document, fragments)).decode()}\n"
        # The last occurrence of each mark is ours: keys are sorted, so texts of others come before it.
        text = _fill(text, _BODY, packages)
        del packages  # of an aggregate each copy has tens of megabytes
        text = _fill(text, _EDGES, edges)
        if document.distribution is not None:
            files = array([fragment(file_entry(file), 2) for file in document.distribution.files], 1)
            before, after = text.split(_FILES_LINE, 1)
            text = f'{before}\n  "files": {b"".join(files).decode()},{after}'
        data = text.encode()
        del text
        serial = uuid.uuid5(uuid.NAMESPACE_URL, f"{NAMESPACE}{sha256_bytes(data)}")
        return data.replace(_NAMESPACE_LINE, _NAMESPACE_LINE.replace(_UUID.encode(), str(serial).encode()), 1)

    def _fragment(self, package: Package, document: Document) -> _Fragment:
        known = self._fragments.get(package.ref)
        supplier = supplier_in(document, package)
        if known is None or known.package is not package or known.supplier != supplier:  # one object a ref in a run
            known = _cut(package, supplier, document)
            self._fragments[package.ref] = known
        return known


def render(document: Document) -> bytes:
    """Write one document as SPDX 2.3 in canonical JSON."""
    return Spdx2Writer().render(document)


def _head(document: Document, fragments: Iterable[_Fragment]) -> dict[str, Any]:
    root = document.root.package
    creators = [f"Tool: {GENERATOR}-{document.generator_version}"]
    if document.author:
        creators.append(f"Organization: {actor(document.author)}")
    what = f"{root.name} {root.version}".strip()
    head: dict[str, Any] = {
        "SPDXID": DOCUMENT_ID,
        "comment": document_statement(document),
        "creationInfo": {
            "comment": creation_statement(document),
            "created": document.timestamp,
            "creators": sorted(creators),
        },
        "dataLicense": "CC0-1.0",
        "documentNamespace": f"{NAMESPACE}{_UUID}",
        "name": f"{what}: {document.subject}" if document.subject else what,
        "packages": _BODY,
        "relationships": _EDGES,
        "spdxVersion": "SPDX-2.3",
    }
    extracted = _extracted(fragment.licence for fragment in fragments)
    if document.distribution is not None:
        head["files"] = _FILES
    return {**head, "hasExtractedLicensingInfos": extracted} if extracted else head


def _extracted(licences: Iterable[Declared]) -> list[dict[str, str]]:
    named = {reference: name for licence in licences for reference, name in licence.references}
    return [
        {"comment": NOT_STATED, "extractedText": name, "licenseId": reference, "name": name}
        for reference, name in sorted(named.items())
    ]


def _fill(text: str, mark: str, body: str) -> str:
    before, after = text.rsplit(f'"{mark}"', 1)
    return f"{before}[\n{body}\n  ]{after}"


def _cut(package: Package, supplier: str, document: Document) -> _Fragment:
    licence = declared(package.licence)
    is_root = package is document.root.package
    plain = _plain(package, licence, supplier=actor(supplier), is_root=is_root)
    if is_root and document.distribution is not None:
        plain |= root_fields(document.distribution)
    text = canonical.indented(plain).decode().replace("\n", "\n    ")
    before_comment, rest = text.split(_COMMENT_LINE, 1)
    before_source, after_source = rest.rsplit(_SOURCE_LINE, 1)
    return _Fragment(
        package=package,
        supplier=supplier,
        is_root=is_root,
        before_comment=f"    {before_comment}",
        statement=" ".join(filter(None, (package_statement(package, is_root=is_root), _unwritten(package)))),
        before_source=before_source,
        after_source=after_source,
        licence=licence,
    )


def _plain(package: Package, licence: Declared, *, supplier: str, is_root: bool) -> dict[str, Any]:
    producer = f"Organization: {actor(package.producer)}" if actor(package.producer) else "NOASSERTION"
    location = download_location(package)
    homepage, references = _references(package)
    plain: dict[str, Any] = {
        "SPDXID": spdx_id(package.ref),
        "checksums": _checksums(package),
        "comment": _COMMENT,
        "copyrightText": "NOASSERTION",
        "downloadLocation": location if _ADDRESS.fullmatch(location) else "NOASSERTION",
        "externalRefs": references,
        "filesAnalyzed": False,
        "homepage": homepage,
        "licenseComments": licence.comment,
        "licenseConcluded": "NOASSERTION",
        "licenseDeclared": licence.expression,
        "name": package.name,
        "originator": producer,
        "packageFileName": package.files[0].name if len(package.files) == 1 else "",
        "primaryPackagePurpose": "APPLICATION" if is_root else "LIBRARY",
        "sourceInfo": _SOURCE,
        "summary": package.summary,
        "supplier": f"Organization: {supplier}" if supplier else "NOASSERTION",
        "versionInfo": package.version or "NOASSERTION",
    }
    return {key: value for key, value in plain.items() if value not in ("", [])}


def _checksums(package: Package) -> list[dict[str, str]]:
    found = [digest.partition(":") for digest in package.hashes]
    return [
        {"algorithm": _ALGORITHMS[algorithm], "checksumValue": digest}
        for algorithm, _, digest in found
        if algorithm in _ALGORITHMS
    ]


def _unwritten(package: Package) -> str:
    # "algorithm" is a closed list in 2.3: a hash of another algorithm goes into words rather than away.
    others = "; ".join(digest for digest in package.hashes if digest.partition(":")[0] not in _ALGORITHMS)
    return f"Hashes of other algorithms: {others}." if others else ""


def _references(package: Package) -> tuple[str, list[dict[str, str]]]:
    references = [("PACKAGE-MANAGER", "purl", package.purl)] if package.purl else []
    references += [("SECURITY", "cpe23Type", package.cpe)] if package.cpe else []
    homepage = ""
    for link in package.links:
        if link.kind is LinkKind.WEBSITE and not homepage and _ADDRESS.fullmatch(link.url):
            homepage = link.url
        else:
            references.append(("OTHER", link.kind.value, link.url))
    return homepage, [
        {"referenceCategory": category, "referenceLocator": locator, "referenceType": kind}
        for category, kind, locator in references
    ]


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
            f'\n      "sourceInfo": {canonical.text(source)},' if source else "",
            fragment.after_source,
        )
    )


def _relationships(document: Document) -> Iterator[str]:
    root = spdx_id(document.root.package.ref)
    yield _edge(DOCUMENT_ID, "DESCRIBES", root)
    others = {
        component.package.ref: _DEPENDENCY_OF[component.scope]
        for component in document.components
        if component.scope in _DEPENDENCY_OF and not component.part
    }
    for component in (document.root, *document.components):
        source = spdx_id(component.package.ref)
        # What the product itself does not need has a relationship of its own with the root.
        apart = others if component is document.root else {}
        contained = contained_in(document, component)
        needed = [ref for ref in component.depends_on or () if ref not in apart and ref not in contained]
        for ref in needed:
            yield _edge(source, "DEPENDS_ON", spdx_id(ref))
        if not component.depends_complete:
            yield _edge(source, "DEPENDS_ON", "NOASSERTION")
        elif not needed:
            yield _edge(source, "DEPENDS_ON", "NONE")
        for ref in component.depends_on or ():
            if ref in apart:
                yield _edge(spdx_id(ref), apart[ref], root)
    yield from _contents(document)
    for file in document.distribution.files if document.distribution else ():
        yield _edge(root, "CONTAINS", spdx_id(file.ref))
    for tool in document.tools:
        yield _edge(spdx_id(tool.package.ref), "BUILD_TOOL_OF", root)


def _contents(document: Document) -> Iterator[str]:
    for component in (document.root, *document.components):
        for ref in contained_in(document, component):
            yield _edge(spdx_id(component.package.ref), "CONTAINS", spdx_id(ref))


def _edge(source: str, kind: str, target: str) -> str:
    return (
        f'    {{\n      "relatedSpdxElement": "{target}",\n      "relationshipType": "{kind}",\n'
        f'      "spdxElementId": "{source}"\n    }}'
    )
