"""`poetry.lock`, lock versions 1.0 to 2.1.

Hashes are in `[metadata.files]` up to 1.1 and with each package from 2.0 on; both places are read in every version.
Direct dependencies are recorded in `pyproject.toml` only.

Source: poetry `packages/locker.py` (1.0.10 to 2.4.1); https://python-poetry.org/docs/ (not a standard).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from ops.supply_chain.contracts.values.lock import DEFAULT_INDEX, Lock, LockEntry, LockKind, PinSource, PinSourceKind
from ops.supply_chain.core.names import normalise
from ops.supply_chain.dependencies.locks.entries import Edge, LockedPackage, LockGraph, make_lock, with_groups
from ops.supply_chain.dependencies.locks.errors import MalformedLockError, broken
from ops.supply_chain.dependencies.locks.manifest import DirectNames, read_manifest, requirement_name
from ops.supply_chain.dependencies.locks.names import quote
from ops.supply_chain.dependencies.locks.pins import KnownPin, WrittenFile, WrittenPin, known_pin
from ops.supply_chain.dependencies.locks.sources import clean_url, vcs_source
from ops.supply_chain.dependencies.locks.tables import convert, key_line, packages, read_toml
from ops.supply_chain.formats.pyproject import MAIN

SUPPORTED_MAJORS = ("1", "2")

UNSTATED_VERSION = "1.0"
"""What Poetry itself takes a lock for that does not say (Poetry 1.0 wrote none)."""


class _File(msgspec.Struct):
    hash: str
    file: str = ""
    url: str = ""


class _Source(msgspec.Struct):
    type: str
    url: str
    reference: str = ""
    resolved_reference: str = ""
    subdirectory: str = ""


class _Package(msgspec.Struct):
    name: str
    version: str
    optional: bool = False
    category: str = ""
    groups: tuple[str, ...] = ()
    markers: str | dict[str, str] = ""
    files: tuple[_File, ...] = ()
    dependencies: dict[str, Any] = {}
    source: _Source | None = None
    develop: bool = False


class _Metadata(msgspec.Struct, rename="kebab"):
    lock_version: str = UNSTATED_VERSION
    files: dict[str, tuple[_File, ...]] = {}


class _Placed(NamedTuple):
    line: int
    package: _Package
    known: KnownPin
    edge: Edge


def read_poetry_lock(path: str, data: bytes, read_included: Callable[[str], bytes | None]) -> Lock:
    """Read a `poetry.lock`.

    Args:
        path: Relative to the project, with `/`.
        data: Its bytes.
        read_included: Reads the `pyproject.toml` of the same folder, if there is one.
    Raises:
        InputError: Not TOML, another major version, a key missing or of the wrong type.
    """
    document, text = read_toml(path, data)
    metadata = _metadata(path, document, text)
    files = {normalise(name): listed for name, listed in metadata.files.items()}
    placed = [_placed(path, line, table, files) for line, table in packages(path, document, text, "package")]
    manifest = read_manifest(path, "pyproject.toml", read_included)
    extras = _extras(document)
    lock = make_lock(
        path,
        LockKind.POETRY,
        data,
        list(_entries(path, placed, manifest, extras)),
        [
            problem.at(placed_pin.known.pin, path, placed_pin.line)
            for placed_pin in placed
            for problem in placed_pin.known.problems
        ],
        format_version=metadata.lock_version,
        included=manifest.included,
    )
    return with_groups(lock, extras=extras)


def _extras(document: dict[str, Any]) -> dict[str, frozenset[str]]:
    """Read the project's extras: name -> the packages that each asks for, PEP 503."""
    table = document.get("extras", {})
    return {
        extra: frozenset(normalise(name) for name in map(requirement_name, listed) if name)
        for extra, listed in (table.items() if isinstance(table, dict) else ())
        if isinstance(listed, list)
    }


def _metadata(path: str, document: dict[str, Any], text: str) -> _Metadata:
    line = key_line(text, "metadata")
    if "metadata" not in document:
        raise broken(path, line, "expected a table [metadata], found none")
    metadata = convert(path, line, document["metadata"], _Metadata, at="$.metadata")
    if metadata.lock_version.split(".", 1)[0] not in SUPPORTED_MAJORS:
        found = quote(metadata.lock_version)
        raise broken(path, key_line(text, "lock-version"), f"expected lock-version 1.x or 2.x, found {found}")
    return metadata


def _placed(path: str, line: int, table: dict[str, Any], files: dict[str, tuple[_File, ...]]) -> _Placed:
    package = convert(path, line, table, _Package, at="package")
    listed = package.files or files.get(normalise(package.name), ())
    try:
        source, local = _source(package)
        known = known_pin(
            WrittenPin(
                package.name,
                package.version,
                tuple(WrittenFile((file.hash,), file.file, file.url) for file in listed),
                source=source,
                marker=_marker(package.markers, package.groups),
                local=local,
            )
        )
    except MalformedLockError as error:
        raise broken(path, line, error.message, error.hint) from error
    return _Placed(line, package, known, (known.pin.name, package.version))


def _marker(markers: str | dict[str, str], groups: tuple[str, ...]) -> str:
    # 2.1 writes one marker, or one a group where the groups differ; a group that has none is for every environment.
    if isinstance(markers, str):
        return markers
    if not set(groups) <= set(markers) or not all(text.strip() for text in markers.values()):
        return ""
    return " or ".join(f"({marker})" for marker in sorted(set(markers.values())))


def _source(package: _Package) -> tuple[PinSource, bool]:
    stated = package.source
    if stated is None:
        return DEFAULT_INDEX, False
    if stated.type == "legacy":
        return PinSource(kind=PinSourceKind.INDEX, url=clean_url(stated.url)), False
    if stated.type in ("git", "hg", "svn"):
        revision = stated.resolved_reference or stated.reference
        return vcs_source(
            stated.type, stated.url, revision, subdirectory=stated.subdirectory, editable=package.develop
        ), False
    if stated.type == "url":
        return PinSource(kind=PinSourceKind.URL, url=clean_url(stated.url), subdirectory=stated.subdirectory), False
    if stated.type in ("directory", "file"):
        local = stated.type == "directory"
        return PinSource(kind=PinSourceKind.PATH, url=stated.url, editable=local and package.develop), local
    raise MalformedLockError(
        f"{quote(package.name)}: expected a source of type git, url, directory, file or legacy, "
        f"found {quote(stated.type)}"
    )


def _entries(
    path: str, placed: list[_Placed], manifest: DirectNames, extras: dict[str, frozenset[str]]
) -> Iterator[LockEntry]:
    graph = LockGraph(_node(placed_pin) for placed_pin in placed)
    addresses = _named_sources(placed)
    for placed_pin in placed:
        _add_needs(graph, placed_pin, addresses)
    by_extra = _reaching(((extra, name) for extra, names in extras.items() for name in names), graph)
    grouped = any(placed_pin.package.groups or placed_pin.package.category for placed_pin in placed)
    # Poetry 1.5 to 1.8 wrote no groups: they follow from the manifest.
    by_group = {} if grouped else _reaching(manifest.groups, graph)
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
            groups=_groups(placed_pin, by_group, by_extra),
        )


def _groups(
    placed_pin: _Placed, by_group: dict[LockedPackage, frozenset[str]], by_extra: dict[LockedPackage, frozenset[str]]
) -> tuple[str, ...]:
    package = placed_pin.package
    found = {*package.groups, *filter(None, [package.category]), *by_group.get(_node(placed_pin), ())}
    extras = by_extra.get(_node(placed_pin))
    if package.optional and extras:  # of the plain dependencies, only those extras install it
        found = (found - {MAIN}) | extras
    return tuple(sorted(found))


def _reaching(starts: Iterable[tuple[str, str]], graph: LockGraph) -> dict[LockedPackage, frozenset[str]]:
    """Return the groups that reach each package, directly or not, from what each asks for (group, PEP 503 name)."""
    found: dict[LockedPackage, set[str]] = defaultdict(set)
    pending = [(group, node) for group, name in starts for node in graph.named(name)]
    while pending:
        group, node = pending.pop()
        if group not in found[node]:
            found[node].add(group)
            pending += [(group, needed) for needed in graph.needed(node)]
    return {node: frozenset(groups) for node, groups in found.items()}


def _node(placed_pin: _Placed) -> LockedPackage:
    return LockedPackage(placed_pin.edge, placed_pin.known.pin.source)


def _named_sources(placed: list[_Placed]) -> dict[str, frozenset[str]]:
    """Return the address of each index that a package names: its name in `pyproject.toml` -> addresses."""
    found: dict[str, set[str]] = defaultdict(set)
    for placed_pin in placed:
        stated = placed_pin.package.source
        if stated is not None and stated.type == "legacy":
            found[stated.reference].add(placed_pin.known.pin.source.url)
    return {name: frozenset(addresses) for name, addresses in found.items()}


def _add_needs(graph: LockGraph, placed_pin: _Placed, addresses: Mapping[str, frozenset[str]]) -> None:
    for name, stated in placed_pin.package.dependencies.items():
        # A dependency is a constraint, a table with one, or a list of these for different environments.
        for required in stated if isinstance(stated, list) else [stated]:
            table = required if isinstance(required, dict) else {"version": required}
            constraint = table.get("version", "")
            # What no environment of the project needs is named here and not locked: no edge, no finding.
            graph.need(
                _node(placed_pin),
                name,
                constraint=constraint if isinstance(constraint, str) else "",
                is_meant=_meant(table, addresses),
            )


def _meant(table: Mapping[str, Any], addresses: Mapping[str, frozenset[str]]) -> Callable[[PinSource], bool] | None:
    """Return whether a source is the one that a dependency states, None if it states none."""
    place = next((table[key] for key in ("git", "url", "path", "file") if isinstance(table.get(key), str)), None)
    if place is not None:
        return lambda source: source.kind is not PinSourceKind.INDEX and _is_at(source.url, place)
    name = table.get("source")
    return (lambda source: source.url in addresses.get(name, ())) if isinstance(name, str) else None


def _is_at(url: str, place: str) -> bool:
    try:
        return url == clean_url(place)
    except MalformedLockError:
        return False
