"""`pylock.toml` and `pylock.<name>.toml`, lock version 1.

`packaging.pylock` validates the file; this module adds the line of an error, and reads the pins.

Source: PEP 751, https://packaging.python.org/en/latest/specifications/pylock-toml/
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from ops.supply_chain.contracts.values.lock import DEFAULT_INDEX, Lock, LockEntry, LockKind, PinSource, PinSourceKind
from ops.supply_chain.core.names import normalise
from ops.supply_chain.core.text import printable
from ops.supply_chain.dependencies.locks.entries import Edge, LockedPackage, LockGraph, make_lock, with_groups
from ops.supply_chain.dependencies.locks.errors import MalformedLockError, broken
from ops.supply_chain.dependencies.locks.names import quote
from ops.supply_chain.dependencies.locks.pins import KnownPin, WrittenFile, WrittenPin, known_pin
from ops.supply_chain.dependencies.locks.sources import clean_url, file_identity, file_name, vcs_source
from ops.supply_chain.dependencies.locks.tables import FileSize, convert, key_line, packages, read_toml
from ops.supply_chain.formats.markers import may_apply
from ops.supply_chain.formats.pyproject import MAIN

_MAJOR = re.compile(r"1(?:\.\d+)*")
_PACKAGE_PATH = re.compile(r"packages\[(?P<position>\d+)\]")


class _File(msgspec.Struct):
    hashes: dict[str, str]
    name: str = ""
    url: str = ""
    path: str = ""
    size: FileSize | None = None
    subdirectory: str = ""


class _Vcs(msgspec.Struct, rename="kebab"):
    type: str
    commit_id: str
    url: str = ""
    path: str = ""
    subdirectory: str = ""


class _Directory(msgspec.Struct):
    path: str
    editable: bool = False
    subdirectory: str = ""


class _Dependency(msgspec.Struct):
    name: str
    version: str = ""
    index: str = ""
    vcs: dict[str, Any] = {}
    directory: dict[str, Any] = {}
    archive: dict[str, Any] = {}


class _Package(msgspec.Struct):
    name: str
    version: str = ""
    marker: str = ""
    index: str = ""
    dependencies: tuple[_Dependency, ...] | None = None
    vcs: _Vcs | None = None
    directory: _Directory | None = None
    archive: _File | None = None
    sdist: _File | None = None
    wheels: tuple[_File, ...] = ()


class _Placed(NamedTuple):
    line: int
    package: _Package
    known: KnownPin
    edge: Edge


def read_pylock(path: str, data: bytes, _read_included: Callable[[str], bytes | None]) -> Lock:
    """Read a `pylock.toml`.

    Args:
        path: Relative to the project, with `/`.
        data: Its bytes.
        _read_included: Not used: the format contains its direct dependencies, or has none.
    Returns:
        `depends_on` only where the lock gives dependencies: they are informational in this format. `groups` by the
        markers: `main` where a package is installed without asking for an extra or group.
    Raises:
        InputError: Not TOML, another major version, or against the specification.
    """
    document, text = read_toml(path, data)
    version = _version(path, document, text)
    tables = list(packages(path, document, text, "packages"))
    _validate(path, document, text, [line for line, _ in tables])
    placed = [_placed(path, line, table) for line, table in tables]
    findings = [
        problem.at(placed_pin.known.pin, path, placed_pin.line)
        for placed_pin in placed
        for problem in placed_pin.known.problems
    ]
    asked = _Asked(*(_names(document, key) for key in ("default-groups", "extras", "dependency-groups")))
    lock = make_lock(
        path,
        LockKind.PYLOCK,
        data,
        list(_entries(path, placed, asked)),
        findings,
        format_version=version,
    )
    return with_groups(lock, extras=asked.extras)


class _Asked(NamedTuple):
    """What an installer can be asked for: the groups that stand for the plain dependencies, extras, other groups."""

    by_default: frozenset[str]
    extras: frozenset[str]
    groups: frozenset[str]

    def reaching(self, marker: str) -> tuple[str, ...]:
        """Return the groups and extras that a package is for; empty if the lock has none, or it needs several."""
        others = (self.extras | self.groups) - self.by_default
        if not others:
            return ()
        if may_apply(marker, frozenset(map(normalise, self.by_default))):
            return (MAIN,)
        wanted = {name: frozenset(map(normalise, {name, *self.by_default})) for name in others}
        return tuple(sorted(name for name, chosen in wanted.items() if may_apply(marker, chosen)))


def _names(document: dict[str, Any], key: str) -> frozenset[str]:
    return frozenset(document.get(key, ()))  # validated: an array of texts


def _version(path: str, document: dict[str, Any], text: str) -> str:
    # "If a tool doesn't support a major version, it MUST raise an error."
    if "lock-version" not in document:
        raise broken(path, 1, "expected the key 'lock-version', found none")
    found = document["lock-version"]
    if not isinstance(found, str) or not _MAJOR.fullmatch(found):
        raise broken(path, key_line(text, "lock-version"), f"expected lock-version '1.0', found {quote(str(found))}")
    return found


def _validate(path: str, document: dict[str, Any], text: str, lines: Sequence[int]) -> None:
    from packaging.pylock import Pylock, PylockValidationError

    # A newer minor version is read, as the specification asks; packaging would write that to the log.
    logging.getLogger("packaging.pylock").setLevel(logging.ERROR)
    try:
        Pylock.from_dict(document)
    except PylockValidationError as error:
        context = error.context or ""
        place = _PACKAGE_PATH.match(context)
        line = lines[int(place["position"])] if place else key_line(text, re.split(r"[.\[]", context)[0])
        where = f" in '{printable(context)}'" if context else ""
        raise broken(path, line, f"against PEP 751: {printable(error.message)}{where}", _next(document)) from error


def _next(document: dict[str, Any]) -> str:
    # The tool may write the same file again.
    writer = document.get("created-by")
    named = f" ({printable(writer)})" if isinstance(writer, str) and writer else ""
    return (
        f"Lock again; if the tool that wrote it{named} writes the same, report it there, commit a lock in another format, "
        "and leave this one out with [locks].exclude."
    )


def _placed(path: str, line: int, table: dict[str, Any]) -> _Placed:
    package = convert(path, line, table, _Package, at="package")
    try:
        source, local = _source(package)
        listed = [file for file in (package.sdist, *package.wheels, package.archive) if file is not None]
        archived = file_identity(source.url)[1] if package.archive is not None else ""
        known = known_pin(
            WrittenPin(
                package.name,
                package.version or archived,
                tuple(_written(file) for file in listed),
                source=source,
                marker=package.marker,
                local=local,
            )
        )
    except MalformedLockError as error:
        raise broken(path, line, error.message, error.hint) from error
    return _Placed(line, package, known, (known.pin.name, known.pin.version))


def _written(file: _File) -> WrittenFile:
    hashes = tuple(f"{algorithm}:{value}" for algorithm, value in sorted(file.hashes.items()))
    return WrittenFile(hashes, file.name or file_name(clean_url(file.url or file.path)), file.url, file.size)


def _source(package: _Package) -> tuple[PinSource, bool]:
    if package.vcs is not None:
        vcs = package.vcs
        return vcs_source(vcs.type, vcs.url or vcs.path, vcs.commit_id, subdirectory=vcs.subdirectory), False
    if package.directory is not None:
        folder = package.directory
        source = PinSource(
            kind=PinSourceKind.PATH, url=folder.path, editable=folder.editable, subdirectory=folder.subdirectory
        )
        return source, True
    if package.archive is not None:
        archive = package.archive
        kind = PinSourceKind.URL if archive.url else PinSourceKind.PATH
        return PinSource(
            kind=kind, url=clean_url(archive.url or archive.path), subdirectory=archive.subdirectory
        ), False
    return PinSource(kind=PinSourceKind.INDEX, url=clean_url(package.index)) if package.index else DEFAULT_INDEX, False


def _entries(path: str, placed: Sequence[_Placed], asked: _Asked) -> Iterator[LockEntry]:
    graph = LockGraph(_node(placed_pin) for placed_pin in placed)
    # "Tools MUST NOT use this information when doing installation; it is purely informational for auditing."
    recorded = any(placed_pin.package.dependencies is not None for placed_pin in placed)
    for placed_pin in placed:
        for dependency in placed_pin.package.dependencies or ():
            graph.need(_node(placed_pin), dependency.name, version=dependency.version, is_meant=_meant(dependency))
    for placed_pin in placed:
        links = graph.links(_node(placed_pin))
        yield LockEntry(
            pin=placed_pin.known.pin,
            line=placed_pin.line,
            path=path,
            depends_on=links.depends_on if recorded else None,
            depends_on_sources=links.depends_on_sources,
            required_by=links.required_by if recorded else None,
            groups=asked.reaching(placed_pin.known.pin.marker),
        )


def _node(placed_pin: _Placed) -> LockedPackage:
    return LockedPackage(placed_pin.edge, placed_pin.known.pin.source)


def _meant(dependency: _Dependency) -> Callable[[PinSource], bool] | None:
    """Return whether a source is the one that a dependency states, None if it states none."""
    tables = (dependency.vcs, dependency.directory, dependency.archive)
    stated = [dependency.index, *(table.get(key) for table in tables for key in ("url", "path"))]
    try:
        places = {clean_url(place) for place in stated if isinstance(place, str) and place}
    except MalformedLockError:
        return None
    return (lambda source: source.url in places) if places else None
