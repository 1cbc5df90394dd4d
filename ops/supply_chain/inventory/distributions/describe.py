"""The document of one distribution: from its contents and the locks of the project."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from ops.supply_chain.contracts.values.core_metadata import CoreMetadata
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.core.names import normalise
from ops.supply_chain.core.text import printable
from ops.supply_chain.formats.core_metadata import licence_files, parse
from ops.supply_chain.inventory.distributions.contents import Contents
from ops.supply_chain.inventory.distributions.libraries import compilers, system_libraries
from ops.supply_chain.inventory.distributions.parts import parts_of
from ops.supply_chain.inventory.distributions.requirements import dependencies_of
from ops.supply_chain.inventory.model.contents import DescribedDistribution
from ops.supply_chain.inventory.model.document import FROM_DISTRIBUTION, Component, Document, LockRef, Package
from ops.supply_chain.inventory.model.licences import licence_of
from ops.supply_chain.inventory.model.naming import LONGEST_VERSION, file_purl, plain_name
from ops.supply_chain.inventory.model.people import links_of, producer_of, summary_of

_WHEEL_METADATA = re.compile(r"[^/]+\.dist-info/METADATA")
_SDIST_METADATA = re.compile(r"[^/]+/PKG-INFO")


class ReleasedDistribution(NamedTuple):
    """A distribution in `dist/packages/`: its file name, whether it is a wheel, its wheel tags, and its digests.

    The digests are empty where they are not known yet.
    """

    file_name: str
    is_wheel: bool
    tags: str
    sha256: str
    sha512: str = ""

    @property
    def hashes(self) -> tuple[str, ...]:
        """The digests that are known, as a package has them."""
        found = (("sha256", self.sha256), ("sha512", self.sha512))
        return tuple(f"{algorithm}:{digest}" for algorithm, digest in found if digest)


def describe_distribution(file: ReleasedDistribution, contents: Contents, locked: Document) -> Document:
    """Return the document of a distribution.

    Args:
        file: The distribution.
        contents: What is in it.
        locked: The document of all locks of the project, whose author and timestamp it has.
    Raises:
        InputError: It has no core metadata, several, or none that can be read.
    """
    path, metadata = metadata_of(file, contents)
    key = normalise(metadata.name)
    needed = dependencies_of(metadata, path, locked)
    found = parts_of(contents, file.file_name, key)
    parts = found.components
    root = _root(file, path, metadata, contents, locked.root.package)
    components = sorted((*needed.components, *parts), key=lambda component: component.package.ref)
    root = msgspec.structs.replace(
        root,
        depends_on=tuple(sorted({*needed.direct, *(part.package.ref for part in parts)})),
        depends_complete=needed.complete,
        notes=tuple(sorted({*root.notes, *(("unresolved", text) for text in needed.unresolved)})),
    )
    return msgspec.structs.replace(
        locked,
        root=root,
        components=tuple(components),
        locks=_used_locks(needed.components, locked),
        subject=printable(file.file_name),
        complete=not found.incomplete,
        lifecycle=FROM_DISTRIBUTION,
        distribution=DescribedDistribution(
            file_name=printable(file.file_name),
            kind="wheel" if file.is_wheel else "sdist",
            tags=file.tags,
            files=contents.files,
            hashes=file.hashes,
            incomplete=found.incomplete,
        ),
    )


def metadata_of(file: ReleasedDistribution, contents: Contents) -> tuple[str, CoreMetadata]:
    """Return the path and the content of a distribution's core metadata.

    Raises:
        InputError: There is none, or more than one, or it cannot be read.
    """
    form = _WHEEL_METADATA if file.is_wheel else _SDIST_METADATA
    paths = [path for path in sorted(contents.texts) if form.fullmatch(path)]
    if len(paths) != 1:
        raise InputError(
            f"dist/packages/{file.file_name}: expected one file with core metadata, found {len(paths)}",
            hint="Build the distribution again, or remove the file.",
        )
    where = f"dist/packages/{file.file_name}: {paths[0]}"
    return paths[0], parse(contents.texts[paths[0]], where=where, source_distribution=not file.is_wheel)


def _root(
    file: ReleasedDistribution, path: str, metadata: CoreMetadata, contents: Contents, project: Package
) -> Component:
    name, version = plain_name(metadata.name), printable(metadata.version)[:LONGEST_VERSION]
    purl = file_purl(name, version, printable(file.file_name))
    notes = {
        *(("licence-file", text) for text in _licence_paths(path, contents)),
        *(("system-library", text) for text in system_libraries(contents)),
        *(("compiler", text) for text in compilers(contents)),
    }
    return Component(
        package=Package(
            ref=purl,
            name=name,
            key=normalise(name),
            version=version,
            purl=purl,
            hashes=file.hashes,
            licence=licence_of(metadata),
            producer=producer_of(metadata) or project.producer,
            contact=project.contact,
            summary=summary_of(metadata),
            links=links_of(metadata),
            enriched=True,
            local=True,
        ),
        notes=tuple(sorted(notes)),
    )


def _licence_paths(path: str, contents: Contents) -> Iterable[str]:
    """Yield where the licence files that the metadata names are, or that one is not there."""
    folder = posixpath.dirname(path)
    files = {file.path for file in contents.files}
    for name in licence_files(contents.texts[path]):
        places = (f"{folder}/licenses/{name}", f"{folder}/{name}", f"{folder}/license_files/{name}")
        place = next((place for place in places if place in files), None)
        yield printable(place or f"{name} (not in the distribution)")


def _used_locks(components: Iterable[Component], locked: Document) -> tuple[LockRef, ...]:
    named = {occurrence.lock for component in components for occurrence in component.occurrences}
    return tuple(lock for lock in locked.locks if lock.path in named)
