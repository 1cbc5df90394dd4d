"""`uv.lock`, version 1 with any revision, and the `*.py.lock` of scripts.

Source: https://docs.astral.sh/uv/concepts/projects/layout/#the-lockfile (not a standard); revisions 1 to 5
as uv writes them.
"""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qs

import msgspec

from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.contracts.values.lock import Lock, LockEntry, LockKind, PinSource, PinSourceKind
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.core.names import normalise
from ops.supply_chain.dependencies.locks.entries import Candidates, Edge, make_lock, with_groups
from ops.supply_chain.dependencies.locks.errors import MalformedLockError, broken
from ops.supply_chain.dependencies.locks.names import quote
from ops.supply_chain.dependencies.locks.pins import KnownPin, WrittenFile, WrittenPin, known_pin
from ops.supply_chain.dependencies.locks.rules import PinProblem
from ops.supply_chain.dependencies.locks.sources import clean_url, file_name, vcs_source
from ops.supply_chain.dependencies.locks.tables import FileSize, convert, key_line, packages, read_toml

SUPPORTED_VERSION = 1


class _File(msgspec.Struct):
    url: str = ""
    path: str = ""
    filename: str = ""
    hash: str = ""
    size: FileSize | None = None


class _Source(msgspec.Struct, frozen=True):
    registry: str | None = None
    git: str | None = None
    url: str | None = None
    path: str | None = None
    directory: str | None = None
    editable: str | None = None
    virtual: str | None = None
    subdirectory: str = ""


class _Dependency(msgspec.Struct, frozen=True):
    name: str
    version: str = ""
    source: _Source | None = None
    extra: tuple[str, ...] = ()


class _Package(msgspec.Struct, rename="kebab"):
    name: str
    source: _Source
    version: str = ""
    dependencies: tuple[_Dependency, ...] = ()
    optional_dependencies: dict[str, tuple[_Dependency, ...]] = {}
    dev_dependencies: dict[str, tuple[_Dependency, ...]] = {}
    sdist: _File | None = None
    wheels: tuple[_File, ...] = ()
    resolution_markers: tuple[str, ...] = ()


class _Manifest(msgspec.Struct, rename="kebab"):
    members: tuple[str, ...] = ()
    requirements: tuple[_Dependency, ...] = ()
    dependency_groups: dict[str, tuple[_Dependency, ...]] = {}


class _Placed(NamedTuple):
    line: int
    package: _Package
    known: KnownPin
    edge: Edge


def read_uv_lock(path: str, data: bytes, read_included: Callable[[str], bytes | None]) -> Lock:
    """Read a `uv.lock`.

    Args:
        path: Relative to the project, with `/`.
        data: Its bytes.
        read_included: Reads the `pyproject.toml` of the same folder, for the groups that uv installs by default.
    Returns:
        One entry a package, members of the workspace included (`local`); `direct` says whether a member
        asks for it, `groups` which groups and extras of the members reach it (`main`: plain dependencies).
    Raises:
        InputError: Not TOML, another version, a key missing or of the wrong type.
    """
    document, text = read_toml(path, data)
    version = _version(path, document, text)
    placed = [_placed(path, line, table) for line, table in packages(path, document, text, "package")]
    manifest = convert(path, key_line(text, "manifest"), document.get("manifest", {}), _Manifest, at="$.manifest")
    graph = _Graph(placed, manifest)
    defaults = _defaults(path, graph.groups, read_included)
    findings = [
        problem.at(placed_pin.known.pin, path, placed_pin.line)
        for placed_pin in placed
        for problem in placed_pin.known.problems
    ]
    lock = make_lock(
        path,
        LockKind.UV,
        data,
        list(graph.entries(path)),
        [*findings, *(graph.dangling(path, placed))],
        format_version=version,
        included=defaults.included,
    )
    return with_groups(lock, extras=graph.extras, default_groups=defaults.groups)


class _Defaults(NamedTuple):
    """The groups that uv installs without being asked, and the file that names them, as in `Lock.included`."""

    groups: frozenset[str]
    included: tuple[tuple[str, str, int], ...] = ()


def _defaults(path: str, groups: frozenset[str], read_included: Callable[[str], bytes | None]) -> _Defaults:
    # https://docs.astral.sh/uv/concepts/projects/dependencies/#default-groups: without the setting it is `dev`.
    manifest = posixpath.join(posixpath.dirname(path), "pyproject.toml")
    data = read_included(manifest) if groups else None
    if data is None:
        return _Defaults(frozenset())
    try:
        document, _ = read_toml(manifest, data)
    except InputError:
        return _Defaults(groups)  # which ones is not known
    found: Any = document
    for key in ("tool", "uv", "default-groups"):
        found = found.get(key) if isinstance(found, dict) else None
    if found is None:
        return _Defaults(frozenset())
    named = groups if found == "all" or not isinstance(found, list) else frozenset(map(str, found)) & groups
    return _Defaults(named, ((manifest, sha256_bytes(data), len(data)),))


def _version(path: str, document: dict[str, Any], text: str) -> str:
    found = document.get("version")
    if found != SUPPORTED_VERSION or isinstance(found, bool):
        raise broken(path, key_line(text, "version"), f"expected version = 1 of uv.lock, found {quote(str(found))}")
    if "distribution" in document:
        raise broken(path, key_line(text, "distribution"), "expected [[package]], found [[distribution]] of an old uv")
    revision = document.get("revision", 0)
    return f"{found}.{revision}" if isinstance(revision, int) else str(found)


def _placed(path: str, line: int, table: dict[str, Any]) -> _Placed:
    package = convert(path, line, table, _Package, at="package")
    files = tuple(_written(file) for file in (package.sdist, *package.wheels) if file is not None)
    try:
        source, local = _source(package)
        marker = " or ".join(f"({text})" for text in package.resolution_markers)
        known = known_pin(WrittenPin(package.name, package.version, files, source=source, marker=marker, local=local))
    except MalformedLockError as error:
        raise broken(path, line, error.message, error.hint) from error
    return _Placed(line, package, known, (known.pin.name, package.version))


def _written(file: _File) -> WrittenFile:
    name = file.filename or file_name(clean_url(file.url or file.path))
    return WrittenFile((file.hash,) if file.hash else (), name, file.url, file.size)


def _source(package: _Package) -> tuple[PinSource, bool]:
    stated = package.source
    if stated.git is not None:
        return _git(stated.git), False
    if stated.registry is not None:
        return PinSource(kind=PinSourceKind.INDEX, url=clean_url(stated.registry)), False
    if stated.url is not None:
        return PinSource(kind=PinSourceKind.URL, url=clean_url(stated.url), subdirectory=stated.subdirectory), False
    if stated.path is not None:
        return PinSource(kind=PinSourceKind.PATH, url=stated.path, subdirectory=stated.subdirectory), False
    for folder, editable in ((stated.editable, True), (stated.directory, False), (stated.virtual, False)):
        if folder is not None:
            return PinSource(kind=PinSourceKind.PATH, url=folder, editable=editable), True
    raise MalformedLockError(
        f"{package.name}: expected a source that uv knows (registry, git, url, path, ...), found none"
    )


def _git(address: str) -> PinSource:
    # uv writes <repository>?rev=<as asked>&subdirectory=<folder>#<full commit>
    rest, _, commit = address.partition("#")
    url, _, query = rest.partition("?")
    folder = parse_qs(query).get("subdirectory", [""])[0]
    return vcs_source("git", url, commit, subdirectory=folder)


class _Graph:
    """The edges of one lock, and what reaches what.

    `extras` and `groups` are the names of the members' extras and dependency groups.

    A package is a position among the lock's packages here: one name and version can come from two sources.
    """

    def __init__(self, placed: list[_Placed], manifest: _Manifest) -> None:
        self._placed = placed
        self._candidates = Candidates(placed_pin.edge for placed_pin in placed)
        self._positions: dict[Edge, list[int]] = defaultdict(list)
        for position, placed_pin in enumerate(placed):
            self._positions[placed_pin.edge].append(position)
        needs = [self._all_needed(placed_pin) for placed_pin in placed]
        self._needs = needs
        self._required_by: dict[int, set[str]] = defaultdict(set)
        for placed_pin, needed in zip(placed, needs, strict=True):
            for position in needed:
                self._required_by[position].add(placed_pin.known.pin.name)
        members = {normalise(name) for name in manifest.members}
        roots = [placed_pin for placed_pin in placed if _is_member(placed_pin, members)]
        self._roots = {placed_pin.edge for placed_pin in roots}
        self.extras = frozenset(extra for member in roots for extra in member.package.optional_dependencies)
        self.groups = frozenset(group for member in roots for group in member.package.dev_dependencies)
        self.groups |= manifest.dependency_groups.keys()
        starts = [*self._member_groups(roots), *self._manifest_groups(manifest)]
        self._direct = {position for group in starts for position, _ in group.nodes}
        self._groups = groups_of(starts, {node: tuple(needed) for node, needed in self._edges(placed)})

    def entries(self, path: str) -> Iterator[LockEntry]:
        """Make the entry of each package."""
        for position, placed_pin in enumerate(self._placed):
            is_direct = position in self._direct
            yield LockEntry(
                pin=placed_pin.known.pin,
                line=placed_pin.line,
                path=path,
                direct=None if placed_pin.edge in self._roots and not is_direct else is_direct,
                depends_on=tuple(sorted({self._placed[needed].edge for needed in self._needs[position]})),
                depends_on_sources=self._sources(position),
                required_by=tuple(sorted(self._required_by.get(position, ()))),
                groups=self._groups.get(position, ()),
            )

    def _sources(self, position: int) -> tuple[tuple[str, str, PinSource], ...]:
        """Return the dependencies that the lock has from several sources, where it states which one is meant."""
        found: dict[Edge, list[PinSource]] = defaultdict(list)
        for needed in self._needs[position]:
            found[self._placed[needed].edge].append(self._placed[needed].known.pin.source)
        narrowed = [edge for edge, sources in found.items() if len(sources) < len(self._positions[edge])]
        return tuple((*edge, source) for edge in sorted(narrowed) for source in sorted(found[edge], key=repr))

    def dangling(self, path: str, placed: list[_Placed]) -> Iterator[Finding]:
        """Yield a finding for each dependency that is not in the lock."""
        for placed_pin in placed:
            for dependency in _dependencies(placed_pin.package):
                if not self._resolve(dependency):
                    message = f"{placed_pin.known.pin.name}: needs {quote(dependency.name)}, which is not in the lock"
                    problem = PinProblem("lock.dangling", Severity.HIGH, message, "Run `uv lock` again.")
                    yield problem.at(placed_pin.known.pin, path, placed_pin.line)

    def _resolve(self, dependency: _Dependency) -> list[int]:
        edges = self._candidates.named(dependency.name, version=dependency.version)
        found = [position for edge in edges for position in self._positions[edge]]
        stated = [position for position in found if self._placed[position].package.source == dependency.source]
        return stated if dependency.source is not None and stated else found

    def _all_needed(self, placed_pin: _Placed) -> set[int]:
        return {
            position
            for dependency in _dependencies(placed_pin.package)
            for position in self._resolve(dependency)
            if self._placed[position].edge != placed_pin.edge
        }

    def _nodes(self, dependencies: Iterable[_Dependency]) -> Iterator[Node]:
        for dependency in dependencies:
            for position in self._resolve(dependency):
                yield position, ""
                yield from ((position, extra) for extra in dependency.extra)

    def _edges(self, placed: list[_Placed]) -> Iterator[tuple[Node, Iterator[Node]]]:
        for position, placed_pin in enumerate(placed):
            yield (position, ""), self._nodes(placed_pin.package.dependencies)
            for extra, dependencies in placed_pin.package.optional_dependencies.items():
                yield (position, extra), self._nodes(dependencies)

    def _member_groups(self, roots: list[_Placed]) -> Iterator[UvGroup]:
        for placed_pin in roots:
            yield UvGroup("main", tuple(self._nodes(placed_pin.package.dependencies)))
            for tables in (placed_pin.package.optional_dependencies, placed_pin.package.dev_dependencies):
                for name, dependencies in tables.items():
                    yield UvGroup(name, tuple(self._nodes(dependencies)))

    def _manifest_groups(self, manifest: _Manifest) -> Iterator[UvGroup]:
        yield UvGroup("main", tuple(self._nodes(manifest.requirements)))
        for name, dependencies in manifest.dependency_groups.items():
            yield UvGroup(name, tuple(self._nodes(dependencies)))


def _is_member(placed_pin: _Placed, members: set[str]) -> bool:
    if members:
        return placed_pin.known.pin.name in members
    stated = placed_pin.package.source
    return "." in (stated.editable, stated.virtual, stated.directory)


def _dependencies(package: _Package) -> Iterator[_Dependency]:
    yield from package.dependencies
    for tables in (package.optional_dependencies, package.dev_dependencies):
        for dependencies in tables.values():
            yield from dependencies


Node = tuple[int, str]
"""A package by its position, and one of its extras or an empty text for the package itself."""


class UvGroup(NamedTuple):
    """A dependency group or extra of the project, and what it asks for."""

    name: str
    nodes: tuple[Node, ...]


def groups_of(starts: Iterable[UvGroup], edges: Mapping[Node, tuple[Node, ...]]) -> dict[int, tuple[str, ...]]:
    """Find the groups that pull each package in, directly or not.

    Args:
        starts: The groups; several may have one name.
        edges: What each package, or extra of a package, needs.
    Returns:
        Position -> names of groups, sorted; what no group reaches is missing.
    """
    found: dict[int, set[str]] = defaultdict(set)
    asked: dict[str, list[Node]] = defaultdict(list)
    for group in starts:
        asked[group.name] += group.nodes
    for name, nodes in asked.items():
        for position, _ in _reached(nodes, edges):
            found[position].add(name)
    return {position: tuple(sorted(names)) for position, names in found.items()}


def _reached(nodes: Iterable[Node], edges: Mapping[Node, tuple[Node, ...]]) -> set[Node]:
    waiting = list(nodes)
    seen = set(waiting)
    while waiting:
        fresh = [node for node in edges.get(waiting.pop(), ()) if node not in seen]
        seen.update(fresh)
        waiting += fresh
    return seen
