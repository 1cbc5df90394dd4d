"""Distributions in memory, and the document of locks that they are resolved against."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ops.supply_chain.contracts.values.lock import InstallScope, LockKind
from ops.supply_chain.inventory.distributions.contents import Contents, ContentsReader
from ops.supply_chain.inventory.distributions.describe import ReleasedDistribution, describe_distribution
from ops.supply_chain.inventory.model.document import (
    Component,
    Document,
    LockRef,
    Occurrence,
    Package,
    TimestampSource,
)

INFO = "demo-1.0.dist-info"
WHEEL = ReleasedDistribution("demo-1.0-py3-none-any.whl", True, "py3-none-any", "a" * 64)
SDIST = ReleasedDistribution("demo-1.0.tar.gz", False, "", "b" * 64)
LOCK = "requirements.txt"


def metadata(*fields: str, name: str = "demo", version: str = "1.0") -> bytes:
    """Return a METADATA file with further fields."""
    lines = ("Metadata-Version: 2.4", f"Name: {name}", f"Version: {version}", "License-Expression: MIT", *fields)
    return "".join(f"{line}\n" for line in lines).encode()


def read(files: Mapping[str, bytes | str]) -> Contents:
    """Return the contents of a distribution with these files."""
    reader = ContentsReader()
    for path, data in files.items():
        reader.take(path, [data.encode() if isinstance(data, str) else data])
    return reader.contents()


def locked_package(
    name: str, version: str, *, depends_on: Sequence[str] | None = (), scope: InstallScope = InstallScope.REQUIRED
) -> Component:
    """Return a package of the lock."""
    purl = f"pkg:pypi/{name}@{version}"
    return Component(
        package=Package(ref=purl, name=name, key=name, version=version, purl=purl, hashes=("sha256:" + "c" * 64,)),
        occurrences=(Occurrence(lock=LOCK, path=LOCK, line=3),),
        depends_on=None if depends_on is None else tuple(depends_on),
        depends_complete=depends_on is not None,
        kinds=(LockKind.REQUIREMENTS,),
        scope=scope,
    )


def locked(*components: Component) -> Document:
    """Return the document of all locks."""
    purl = "pkg:generic/project@v1"
    return Document(
        root=Component(package=Package(ref=purl, name="project", key="project", version="v1", purl=purl)),
        components=tuple(sorted(components, key=lambda component: component.package.ref)),
        timestamp="2026-11-28T00:00:00Z",
        timestamp_source=TimestampSource.COMMIT,
        generator_version="0.1.0",
        author="Acme",
        locks=(LockRef(path=LOCK, kind=LockKind.REQUIREMENTS, sha256="d" * 64, entries=len(components)),),
    )


def describe(
    files: Mapping[str, bytes | str],
    *components: Component,
    file: ReleasedDistribution = WHEEL,
    fields: Sequence[str] = (),
) -> Document:
    """Return the document of a wheel or source distribution with these files, its metadata added."""
    where = f"{INFO}/METADATA" if file.is_wheel else "demo-1.0/PKG-INFO"
    return describe_distribution(file, read({where: metadata(*fields), **files}), locked(*components))


def by_name(document: Document) -> dict[str, Component]:
    """Return the components by name; names are unique in the documents of these tests."""
    found = {component.package.name: component for component in document.components}
    assert len(found) == len(document.components)
    return found
