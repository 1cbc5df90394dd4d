"""The dependencies that a `pyproject.toml` declares, whatever tool it is for.

What cannot be read is a problem with its place in the file, never a dependency less.

Source: https://packaging.python.org/en/latest/specifications/pyproject-toml/ (`[project]`, `[build-system]`);
https://packaging.python.org/en/latest/specifications/dependency-groups/ (PEP 735);
https://docs.astral.sh/uv/reference/settings/ (`dev-dependencies`, `sources`, `constraint-dependencies`,
`override-dependencies`); https://python-poetry.org/docs/pyproject/ (`[tool.poetry]`);
https://pdm-project.org/latest/reference/pep621/ (`[tool.pdm]`)
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ops.supply_chain.core.errors import InputError
from ops.supply_chain.core.names import normalise
from ops.supply_chain.core.text import printable

MAIN = "main"
"""The group of plain dependencies, whatever a tool calls it."""

DEV = "dev"
"""The group that uv's and Poetry's `dev-dependencies` belong to."""

INDEX_SOURCES = frozenset({"", "index"})
"""Values of `DeclaredDependency.source` for what comes from a package index."""

_DYNAMIC = frozenset({"dependencies", "optional-dependencies"})
_TABLE_SOURCES = ("git", "hg", "svn", "bzr", "url", "path", "file")
_UV_SOURCES = ("git", "url", "path", "workspace", "index")
_CONDITIONS = frozenset({"markers", "marker", "python", "platform", "sys_platform", "platform_machine", "os_name"})
_EDITABLE = re.compile(r"(?:-e|--editable)[\s=]+(?P<address>\S.*)")
_EGG = re.compile(r"#(?:.*&)?egg=(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)")
_LONGEST_SHOWN = 120
_HINT = "Write it as PEP 508 says."


class DeclarationProblem(NamedTuple):
    """One thing that cannot be read: its place (`project.dependencies[3]`), and what was expected and found."""

    path: str
    message: str


class DeclaredDependency(NamedTuple):
    """One declared dependency.

    `name` is the PEP 503 form, `group` is `MAIN` or the normalised name of the group or extra. `constraint` is as
    written (PEP 440 specifiers or a Poetry range), empty for any version. `marker` is its environment marker, empty for
    every environment; `conditional` is True if it is not needed in every environment. `source` is its origin:
    empty or `index` for an index, else `git`, `url`, `path`, `file`, `workspace`, or `several`. `path` is its place.
    """

    name: str
    group: str = MAIN
    constraint: str = ""
    marker: str = ""
    conditional: bool = False
    source: str = ""
    path: str = ""


class Declarations(NamedTuple):
    """What a file declares, each in the order of the file.

    `name` is the project's own in PEP 503 form, empty where it has none. `dependencies` leave out what the project asks
    of itself (`demo[all]`). `build` are those of `[build-system]`. `limits` are uv's constraints, which narrow a
    dependency and ask for none. `overridden` names what a tool locks at another version than is asked for. `includes`
    are the groups that a group includes (PEP 735). `dynamic` is True if a build backend decides at least part of
    the dependencies, `has_poetry_dependencies` if Poetry's own table has some. `extras` are the names of the project's
    extras, normalised.
    """

    name: str
    dependencies: tuple[DeclaredDependency, ...]
    build: tuple[DeclaredDependency, ...]
    limits: tuple[DeclaredDependency, ...]
    overridden: frozenset[str]
    includes: Mapping[str, tuple[str, ...]]
    dynamic: bool
    has_poetry_dependencies: bool
    problems: tuple[DeclarationProblem, ...]
    extras: frozenset[str] = frozenset()

    def groups_in(self, group: str) -> frozenset[str]:
        """Return a group and every group that it includes, at any depth."""
        found: set[str] = set()
        pending = [normalise(group)]
        while pending:
            name = pending.pop()
            if name not in found:
                found.add(name)
                pending.extend(self.includes.get(name, ()))
        return frozenset(found)

    def checked(self, where: str) -> Declarations:
        """Return these declarations where all of the file could be read.

        Args:
            where: The file's path, for the error.
        Raises:
            InputError: It could not; the message has the first problem's place.
        """
        if self.problems:
            problem = self.problems[0]
            more = f" (and {len(self.problems) - 1} more)" if len(self.problems) > 1 else ""
            raise InputError(f"{where}: {problem.path}: {problem.message}{more}", hint=_HINT)
        return self


def read_pyproject(document: Mapping[str, Any]) -> Declarations:
    """Read the dependencies of a parsed `pyproject.toml`."""
    return _Reader(document).declarations()


def is_dynamic(document: Mapping[str, Any]) -> bool:
    """Return whether a build backend decides at least part of the dependencies of a parsed `pyproject.toml`."""
    return read_pyproject(document).dynamic


def readme_paths(document: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the files that a parsed `pyproject.toml` names as its readme, relative to it, in the order of the file."""
    tool = document.get("tool")
    poetry = tool.get("poetry") if isinstance(tool, dict) else None
    found: list[str] = []
    for table in (document.get("project"), poetry):
        readme = table.get("readme") if isinstance(table, dict) else None
        named = readme.get("file") if isinstance(readme, dict) else readme
        found += [path for path in (named if isinstance(named, list) else [named]) if isinstance(path, str)]
    return tuple(path for path in dict.fromkeys(found) if not path.startswith(("/", "~")))


def read_table(table: Mapping[str, Any], group: str, place: str) -> Iterator[DeclaredDependency | DeclarationProblem]:
    """Read a table from name to version range, table or array of either, as Poetry and pipenv write it.

    Args:
        table: The packages.
        group: Of its dependencies.
        place: Of the table in its file.
    """
    for written, value in table.items():
        several = isinstance(value, list)  # "multiple constraints dependencies": one for each environment
        for position, element in enumerate(value if several else [value]):
            path = f"{place}.{_key(written)}" + (f"[{position}]" if several else "")
            entry = element if isinstance(element, dict) else {"version": element}
            version = entry.get("version", "")
            if isinstance(version, str):
                yield DeclaredDependency(
                    name=normalise(written),
                    group=group,
                    constraint=version,
                    marker=str(entry.get("markers") or entry.get("python") or ""),
                    conditional=several or not _CONDITIONS.isdisjoint(entry),
                    source=next((key for key in _TABLE_SOURCES if key in entry), ""),
                    path=path,
                )
            else:
                yield DeclarationProblem(path, f"expected a version range or a table, found {_kind(version)}")


class _Reader:
    """Reads one document; what has another shape than it must is noted."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self._problems: dict[DeclarationProblem, None] = {}
        self._includes: dict[str, list[str]] = {}
        self._sources = self._uv_sources()

    def declarations(self) -> Declarations:
        project, poetry = self._table("project"), self._table("tool", "poetry")
        names = {normalise(name) for name in (project.get("name"), poetry.get("name")) if isinstance(name, str)}
        declared = [*self._standard(), *self._groups(), *self._tools(), *self._poetry()]
        dynamic = project.get("dynamic")
        return Declarations(
            name=min(names, default=""),
            dependencies=tuple(dependency for dependency in declared if dependency.name not in names),
            build=tuple(self._listed(self._table("build-system"), "requires", "build-system", "")),
            limits=tuple(self._listed(self._table("tool", "uv"), "constraint-dependencies", "tool.uv", "")),
            overridden=frozenset(self._overridden()),
            includes={group: tuple(included) for group, included in self._includes.items()},
            dynamic=isinstance(dynamic, list) and not _DYNAMIC.isdisjoint(map(str, dynamic)),
            has_poetry_dependencies=bool(self._table("tool", "poetry", "dependencies")),
            problems=tuple(self._problems),
            extras=frozenset(
                normalise(extra)
                for table in (self._table("project", "optional-dependencies"), self._table("tool", "poetry", "extras"))
                for extra in table
            ),
        )

    def _standard(self) -> Iterator[DeclaredDependency]:
        yield from self._listed(self._table("project"), "dependencies", "project", MAIN)
        extras = self._table("project", "optional-dependencies")
        for extra in extras:
            yield from self._listed(extras, extra, "project.optional-dependencies", normalise(extra))

    def _groups(self) -> Iterator[DeclaredDependency]:
        groups = self._table("dependency-groups")
        known = {normalise(group) for group in groups}
        for group in groups:
            yield from self._listed(groups, group, "dependency-groups", normalise(group), known=known)
        for group in self._includes:
            if group in {name for inner in self._includes.get(group, ()) for name in self._reached(inner)}:
                self._refuse(
                    f"dependency-groups.{group}", "expected a group that does not include itself, found a cycle"
                )

    def _reached(self, group: str) -> set[str]:
        found: set[str] = set()
        pending = [group]
        while pending:
            name = pending.pop()
            if name not in found:
                found.add(name)
                pending.extend(self._includes.get(name, ()))
        return found

    def _tools(self) -> Iterator[DeclaredDependency]:
        yield from self._listed(self._table("tool", "uv"), "dev-dependencies", "tool.uv", DEV)
        groups = self._table("tool", "pdm", "dev-dependencies")
        for group in groups:
            yield from self._listed(groups, group, "tool.pdm.dev-dependencies", normalise(group))

    def _poetry(self) -> Iterator[DeclaredDependency]:
        yield from self._entries(MAIN, "dependencies")
        yield from self._entries(DEV, "dev-dependencies")
        for group in self._table("tool", "poetry", "group"):
            self._table("tool", "poetry", "group", group)
            yield from self._entries(normalise(group), "group", group, "dependencies")

    def _listed(
        self, table: Mapping[str, Any], key: str, place: str, group: str, *, known: set[str] | None = None
    ) -> Iterator[DeclaredDependency]:
        """Read an array of requirements; where groups are known, an element may include one of them."""
        path, value = f"{place}.{_key(key)}", table.get(key, [])
        if not isinstance(value, list):
            self._refuse(path, f"expected an array of requirements, found {_kind(value)}")
            return
        for position, element in enumerate(value):
            where = f"{path}[{position}]"
            if known is not None and isinstance(element, dict):
                self._include(element, group, known, where)
            elif isinstance(element, str):
                yield from self._requirement(element, group, where)
            else:
                self._refuse(where, f"expected a requirement, found {_kind(element)}")

    def _include(self, element: Mapping[str, Any], group: str, known: set[str], where: str) -> None:
        # PEP 735: "A DeclaredDependency Object Specifier ... {include-group = "..."}", with exactly this one key.
        included = element.get("include-group")
        if not isinstance(included, str) or len(element) != 1:
            self._refuse(where, "expected a requirement or {include-group = NAME}, found another table")
        elif normalise(included) not in known:
            self._refuse(where, f"expected a group of this file, found {_shown(included)}")
        else:
            self._includes.setdefault(group, []).append(normalise(included))

    def _requirement(self, text: str, group: str, path: str) -> Iterator[DeclaredDependency]:
        from packaging.requirements import InvalidRequirement, Requirement

        editable = _EDITABLE.fullmatch(text.strip())
        if editable is not None:  # pdm: `-e file:///${PROJECT_ROOT}/sub#egg=sub`
            egg = _EGG.search(editable["address"])
            if egg is None:
                self._refuse(path, f"expected #egg=NAME at its end, found {_shown(text)}")
            else:
                yield DeclaredDependency(normalise(egg["name"]), group, source="path", path=path)
            return
        try:
            parsed = Requirement(text)
        except (InvalidRequirement, RecursionError):
            self._refuse(path, f"expected a requirement, found {_shown(text)}")
            return
        name, marker = normalise(parsed.name), str(parsed.marker or "")
        source = "url" if parsed.url else self._sources.get(name, "")
        yield DeclaredDependency(name, group, str(parsed.specifier), marker, bool(marker), source, path)

    def _entries(self, group: str, *keys: str) -> Iterator[DeclaredDependency]:
        table = self._table("tool", "poetry", *keys)
        packages = {name: value for name, value in table.items() if name.lower() != "python"}  # the interpreter
        for entry in read_table(packages, group, ".".join(("tool.poetry", *map(_key, keys)))):
            if isinstance(entry, DeclarationProblem):
                self._refuse(*entry)
            else:
                yield entry

    def _uv_sources(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for name, value in self._table("tool", "uv", "sources").items():
            kinds = {
                next((key for key in _UV_SOURCES if key in entry), "several") if isinstance(entry, dict) else "several"
                for entry in (value if isinstance(value, list) else [value])
            }
            found[normalise(name)] = kinds.pop() if len(kinds) == 1 else "several"
        return found

    def _overridden(self) -> Iterator[str]:
        for dependency in self._listed(self._table("tool", "uv"), "override-dependencies", "tool.uv", ""):
            yield dependency.name
        yield from map(normalise, self._table("tool", "pdm", "resolution", "overrides"))

    def _table(self, *keys: str) -> Mapping[str, Any]:
        """Return a table of the document; empty where it is absent."""
        value: Any = self._document
        for depth, key in enumerate(keys, start=1):
            value = value.get(key, {})
            if not isinstance(value, dict):
                self._refuse(".".join(map(_key, keys[:depth])), f"expected a table, found {_kind(value)}")
                return {}
        table: Mapping[str, Any] = value
        return table

    def _refuse(self, path: str, message: str) -> None:
        self._problems[DeclarationProblem(path, message)] = None


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else f'"{printable(key)}"'


def _shown(text: str) -> str:
    return repr(printable(text)[:_LONGEST_SHOWN])


def _kind(value: object) -> str:
    names = {bool: "a boolean", int: "a number", float: "a number", str: "a text", list: "an array", dict: "a table"}
    return names.get(type(value), "a date")
