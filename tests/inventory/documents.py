"""One document of the model that has everything a writer must cope with, and its parts."""

from __future__ import annotations

from typing import Any

import msgspec

from ops.supply_chain.contracts.values.lock import InstallScope, LockKind, PinFile, PinSource, PinSourceKind
from ops.supply_chain.inventory.model.document import (
    Component,
    Document,
    Licence,
    Link,
    LinkKind,
    LockRef,
    Occurrence,
    Package,
    TimestampSource,
)

LOCK = "a/requirements.txt"
SHA256_A = "sha256:" + "a" * 64
SHA256_B = "sha256:" + "b" * 64
SHA512_C = "sha512:" + "c" * 128

ROOT = Package(
    ref="pkg:generic/acme@v1.0",
    name="acme",
    key="acme",
    version="v1.0",
    purl="pkg:generic/acme@v1.0",
    licence=Licence(expression="Apache-2.0"),
    producer="Acme (Sweden) AB",
    local=True,
)
IDNA = Package(
    ref="pkg:pypi/idna@3.20",
    name="idna",
    key="idna",
    version="3.20",
    purl="pkg:pypi/idna@3.20",
    hashes=(SHA256_A, SHA256_B, SHA512_C),
    files=(PinFile(hashes=(SHA256_A,), name="idna-3.20.tar.gz"), PinFile(hashes=(SHA256_B, SHA512_C))),
    markers=('python_version >= "3.8"',),
    licence=Licence(ids=("BSD-3-Clause", "MIT"), names=("BSD License",), source="Classifier"),
    producer="Kim Davies",
    summary='IDN "x" \\ é @comment@ @source@',
    links=(
        Link(kind=LinkKind.WEBSITE, url="https://example.org/x"),
        Link(kind=LinkKind.WEBSITE, url="https://example.org/z"),
        Link(kind=LinkKind.VCS, url="https://example.org/y"),
    ),
    enriched=True,
)
LOCAL = Package(
    ref="path:local",
    name="local",
    key="local",
    version="",
    purl="",
    source=PinSource(kind=PinSourceKind.PATH, url="./x"),
    local=True,
)
ZOPE = Package(
    ref="pkg:pypi/zope.interface@1?vcs_url=git%2Bhttps://example.org/z%40abc",
    name="Zope.Interface",
    key="zope-interface",
    version="1",
    purl="pkg:pypi/zope.interface@1?vcs_url=git%2Bhttps://example.org/z%40abc",
    source=PinSource(kind=PinSourceKind.VCS, url="https://example.org/z", vcs="git", commit="abc"),
    hashes=("shake_128:00",),
    licence=Licence(expression="LicenseRef-Proprietary OR MIT"),
)


def at(line: int, path: str = LOCK) -> tuple[Occurrence, ...]:
    """Return the one place of a component in the lock."""
    return (Occurrence(lock=LOCK, path=path, line=line),)


COMPONENTS = (
    Component(package=LOCAL, occurrences=at(5)),
    Component(
        package=IDNA,
        occurrences=at(3) + at(4, "common.txt"),
        depends_on=(),
        depends_complete=True,
        direct=True,
        groups=("dev",),
        kinds=(LockKind.REQUIREMENTS,),
    ),
    Component(package=ZOPE, occurrences=at(6), depends_on=(IDNA.ref,), direct=False),
)
DOCUMENT = Document(
    root=Component(package=ROOT, depends_on=(LOCAL.ref, IDNA.ref), depends_complete=True),
    components=COMPONENTS,
    timestamp="2026-11-20T00:00:00Z",
    timestamp_source=TimestampSource.COMMIT,
    generator_version="0.1.0",
    author="Acme AB",
    locks=(LockRef(path=LOCK, kind=LockKind.REQUIREMENTS, sha256="e" * 64, entries=3),),
    enriched=True,
)


def scoped(**scopes: InstallScope) -> Document:
    """Return the document with the scope of each component, by its PEP 503 name with `_`; the rest is required."""
    components = tuple(
        msgspec.structs.replace(
            component, scope=scopes.get(component.package.key.replace("-", "_"), InstallScope.REQUIRED)
        )
        for component in DOCUMENT.components
    )
    return msgspec.structs.replace(DOCUMENT, components=components)


def changed(document: Document, **fields: Any) -> Document:
    """Return a document with other fields."""
    return msgspec.structs.replace(document, **fields)


def with_package(document: Document, ref: str, **fields: Any) -> Document:
    """Return a document in which the package of a ref has other fields."""
    components = tuple(
        msgspec.structs.replace(component, package=msgspec.structs.replace(component.package, **fields))
        if component.package.ref == ref
        else component
        for component in document.components
    )
    return changed(document, components=components)
