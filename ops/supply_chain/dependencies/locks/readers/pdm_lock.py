"""`pdm.lock`, lock versions 3 and 4.

Hashes are in `[metadata.files]` under `"name version"` up to 4.2 and with each package after that.

Source: pdm `project/lockfile` (2.0 to 2.29); https://pdm-project.org/latest/usage/lockfile/ (not a standard).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import msgspec

from ops.supply_chain.contracts.values.lock import DEFAULT_INDEX, Lock, LockEntry, LockKind, PinSource, PinSourceKind
from ops.supply_chain.core.names import normalise
from ops.supply_chain.dependencies.locks.entries import Edge, LockedPackage, LockGraph, make_lock, with_groups
from ops.supply_chain.dependencies.locks.errors import MalformedLockError, broken
from ops.supply_chain.dependencies.locks.manifest import DirectNames, read_manifest, requirement_name
from ops.supply_chain.dependencies.locks.names import quote
from ops.supply_chain.dependencies.locks.pins import KnownPin, WrittenFile, WrittenPin, known_pin
from ops.supply_chain.dependencies.locks.sources import ARCHIVE_SUFFIXES, clean_url, file_name, vcs_source
from ops.supply_chain.dependencies.locks.tables import convert, key_line, packages, read_toml

SUPPORTED_MAJORS = ("3", "4")
MAIN_GROUP = "default"
"""pdm's word for the plain dependencies of the project."""


class _File(msgspec.Struct):
    hash: str
    file: str = ""
    url: str = ""


class _Package(msgspec.Struct):
    name: str
    version: str = ""
    groups: tuple[str, ...] = ()
    marker: str = ""
    dependencies: tuple[str, ...] = ()
    files: tuple[_File, ...] = ()
    extras: tuple[str, ...] = ()
    git: str = ""
    hg: str = ""
    svn: str = ""
    revision: str = ""
    ref: str = ""
    url: str = ""
    path: str = ""
    subdirectory: str = ""
    editable: bool = False


class _Metadata(msgspec.Struct):
    lock_version: str
    files: dict[str, tuple[_File, ...]] = {}


class _Placed(NamedTuple):
    line: int
    package: _Package
    known: KnownPin
    edge: Edge


def read_pdm_lock(path: str, data: bytes, read_included: Callable[[str], bytes | None]) -> Lock:
    """Read a `pdm.lock`.

    Args:
        path: Relative to the project, with `/`.
        data: Its bytes.
        read_included: Reads the `pyproject.toml` of the same folder, if there is one.
    Returns:
        pdm's group `default` is called `main`, as for every other lock.
    Raises:
        InputError: Not TOML, another major version, a key missing or of the wrong type.
    """
    document, text = read_toml(path, data)
    metadata = _metadata(path, document, text)
    placed = [_placed(path, line, table, metadata) for line, table in packages(path, document, text, "package")]
    manifest = read_manifest(path, "pyproject.toml", read_included)
    lock = make_lock(
        path,
        LockKind.PDM,
        data,
        list(_entries(path, placed, manifest)),
        [
            problem.at(placed_pin.known.pin, path, placed_pin.line)
            for placed_pin in placed
            for problem in placed_pin.known.problems
        ],
        format_version=metadata.lock_version,
        included=manifest.included,
    )
    return with_groups(lock, extras=_extras(placed, manifest))


def _extras(placed: list[_Placed], manifest: DirectNames) -> frozenset[str]:
    # pdm has one namespace for extras and groups; without the manifest, they cannot be distinguished.
    named = frozenset(group for placed_pin in placed for group in placed_pin.package.groups) - {MAIN_GROUP}
    return (
        named if manifest.direct is None else frozenset(group for group in named if normalise(group) in manifest.extras)
    )


def _metadata(path: str, document: dict[str, Any], text: str) -> _Metadata:
    line = key_line(text, "metadata")
    if "metadata" not in document:
        raise broken(path, line, "expected a table [metadata], found none")
    metadata = convert(path, line, document["metadata"], _Metadata, at="$.metadata")
    if metadata.lock_version.split(".", 1)[0] not in SUPPORTED_MAJORS:
        found = quote(metadata.lock_version)
        raise broken(path, key_line(text, "lock_version"), f"expected lock_version 3.x or 4.x, found {found}")
    return metadata


def _placed(path: str, line: int, table: dict[str, Any], metadata: _Metadata) -> _Placed:
    package = convert(path, line, table, _Package, at="package")
    listed = package.files or metadata.files.get(f"{package.name} {package.version}", ())
    try:
        source, local = _source(package)
        known = known_pin(
            WrittenPin(
                package.name,
                package.version,
                tuple(
                    WrittenFile((file.hash,), file.file or file_name(clean_url(file.url)), file.url) for file in listed
                ),
                source=source,
                marker=package.marker,
                extras=package.extras,
                local=local,
            )
        )
    except MalformedLockError as error:
        raise broken(path, line, error.message, error.hint) from error
    return _Placed(line, package, known, (known.pin.name, package.version))


def _source(package: _Package) -> tuple[PinSource, bool]:
    for vcs, url in (("git", package.git), ("hg", package.hg), ("svn", package.svn)):
        if url:
            revision = package.revision or package.ref
            folder = package.subdirectory
            return vcs_source(vcs, url, revision, subdirectory=folder, editable=package.editable), False
    if package.path:
        local = not package.path.lower().endswith(ARCHIVE_SUFFIXES)
        return PinSource(kind=PinSourceKind.PATH, url=package.path, editable=package.editable), local
    if package.url:
        kind = PinSourceKind.PATH if package.url.startswith("file:") else PinSourceKind.URL
        local = kind is PinSourceKind.PATH and not package.url.lower().endswith(ARCHIVE_SUFFIXES)
        source = PinSource(
            kind=kind, url=clean_url(package.url), subdirectory=package.subdirectory, editable=package.editable
        )
        return source, local
    return DEFAULT_INDEX, False


def _entries(path: str, placed: list[_Placed], manifest: DirectNames) -> Iterator[LockEntry]:
    # A package occurs once without and once with its extras; both are one node.
    graph = LockGraph(_node(placed_pin) for placed_pin in placed)
    for placed_pin in placed:
        _add_needs(graph, placed_pin)
    for placed_pin in placed:
        links = graph.links(_node(placed_pin))
        yield LockEntry(
            pin=placed_pin.known.pin,
            line=placed_pin.line,
            path=path,
            direct=manifest.asks_for(placed_pin.known.pin.name),
            depends_on=links.depends_on,
            depends_on_sources=links.depends_on_sources,
            required_by=links.required_by,
            groups=tuple(sorted({"main" if group == MAIN_GROUP else group for group in placed_pin.package.groups})),
        )


def _node(placed_pin: _Placed) -> LockedPackage:
    return LockedPackage(placed_pin.edge, placed_pin.known.pin.source)


def _add_needs(graph: LockGraph, placed_pin: _Placed) -> None:
    for text in placed_pin.package.dependencies:
        name = requirement_name(text)
        stated = text.partition(";")[0].strip().removeprefix(name)
        plain = stated.rpartition("]")[2] if "[" in stated else stated
        place = plain.partition("@")[2].strip()
        constraint = "" if place else plain.strip(" ()")
        graph.need(_node(placed_pin), name, constraint=constraint, is_meant=_at(place) if place else None)


def _at(place: str) -> Callable[[PinSource], bool]:
    return lambda source: bool(source.url) and source.url in place
