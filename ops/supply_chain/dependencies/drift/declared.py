"""What a manifest asks for: each direct dependency with its constraint.

Source: https://packaging.python.org/en/latest/specifications/pyproject-toml/, PEP 508, PEP 735 (groups),
https://python-poetry.org/docs/pyproject/, https://pdm-project.org/latest/reference/pep621/,
https://pipenv.pypa.io/en/latest/pipfile.html
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from ops.supply_chain.core.errors import InputError
from ops.supply_chain.core.names import normalise
from ops.supply_chain.core.text import printable

MAIN = "main"
"""The group of plain dependencies, whatever a tool calls it."""

_DYNAMIC = ("dependencies", "optional-dependencies")
_PIPFILE_OTHER = ("source", "requires", "pipenv", "scripts", "pipfile")
_PIPFILE_GROUPS = {"packages": MAIN, "dev-packages": "develop"}


class Declared(msgspec.Struct, frozen=True, kw_only=True):
    """One dependency that a manifest asks for.

    `name` is the PEP 503 form, `constraint` as written, empty for any version or where an address is asked
    for. `conditional` tells that it is not wanted in every environment. `group` is `MAIN`, else the name
    of the group or extra.
    """

    name: str
    constraint: str
    conditional: bool
    group: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """A manifest, read. `dynamic` tells that a build backend says at least part of the dependencies."""

    declared: tuple[Declared, ...]
    dynamic: bool


def parse_manifest(text: str, *, where: str) -> dict[str, Any]:
    """Read a manifest into plain data.

    Raises:
        InputError: It is not TOML.
    """
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError(f"{where}: not valid TOML: {error}") from error


def read_pyproject(document: dict[str, Any], *, where: str) -> Manifest:
    """Read the dependencies of a `pyproject.toml`: standard tables, Poetry's and pdm's.

    Args:
        document: The parsed file.
        where: Its path, for an error.
    Returns:
        In the order of the file; what the project asks of itself (`demo[all]`) is left out.
    Raises:
        InputError: A requirement is none.
    """
    project, poetry = _table(document, "project"), _table(document, "tool", "poetry")
    groups = {MAIN: project.get("dependencies", [])}
    groups |= _table(project, "optional-dependencies")
    groups |= _table(document, "dependency-groups") | _table(document, "tool", "pdm", "dev-dependencies")
    found = [one for group, listed in groups.items() for one in _requirements(listed, group, where)]
    found += [one for table, group in _poetry_tables(poetry) for one in _table_entries(table, group)]
    overridden = _overridden(document)
    own = {normalise(str(table.get("name", ""))) for table in (project, poetry)}
    dynamic = project.get("dynamic")
    # Poetry reads its own table where [project] leaves the dependencies to it.
    left_open = isinstance(dynamic, list) and not set(_DYNAMIC).isdisjoint(map(str, dynamic))
    return Manifest(
        declared=tuple(
            msgspec.structs.replace(one, constraint="") if one.name in overridden else one
            for one in found
            if one.name not in own
        ),
        dynamic=left_open and not _table(poetry, "dependencies"),
    )


def read_pipfile(document: dict[str, Any]) -> Manifest:
    """Read the dependencies of a `Pipfile`: each section is a group."""
    found = [
        one
        for section, table in document.items()
        if section not in _PIPFILE_OTHER and isinstance(table, dict)
        for one in _table_entries(table, _PIPFILE_GROUPS.get(section, section))
    ]
    return Manifest(declared=tuple(found), dynamic=False)


def _overridden(document: dict[str, Any]) -> set[str]:
    """Name what uv or pdm is told to lock at another version than is asked for."""
    listed = _table(document, "tool", "uv").get("override-dependencies", [])
    words = [text for text in listed if isinstance(text, str)] if isinstance(listed, list) else []
    names = [match[0] for text in words if (match := re.match(r"[A-Za-z0-9._-]+", text))]
    return {normalise(name) for name in [*names, *_table(document, "tool", "pdm", "resolution", "overrides")]}


def _requirements(listed: object, group: str, where: str) -> Iterator[Declared]:
    from packaging.requirements import InvalidRequirement, Requirement

    for text in listed if isinstance(listed, list) else []:
        # A group includes another by a table, and pdm writes its editables as `-e`: both are told elsewhere.
        if not isinstance(text, str) or text.startswith("-e"):
            continue
        try:
            one = Requirement(text)
        except InvalidRequirement as error:
            shown = printable(text)[:120]
            raise InputError(f"{where}: {shown!r} is no requirement", hint="Write it as PEP 508 says.") from error
        yield Declared(
            name=normalise(one.name), constraint=str(one.specifier), conditional=one.marker is not None, group=group
        )


def _poetry_tables(poetry: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    # In `[tool.poetry.dependencies]`, `python` is the interpreter.
    plain = {name: value for name, value in _table(poetry, "dependencies").items() if name != "python"}
    yield plain, MAIN
    yield _table(poetry, "dev-dependencies"), "dev"
    for group, table in _table(poetry, "group").items():
        yield _table(table, "dependencies"), group


def _table_entries(table: dict[str, Any], group: str) -> Iterator[Declared]:
    for name, value in table.items():
        # A list has one constraint for each of several environments.
        for one in value if isinstance(value, list) else [value]:
            yield Declared(
                name=normalise(name),
                constraint=_constraint(one),
                conditional=isinstance(value, list) or _is_conditional(one),
                group=group,
            )


def _constraint(value: object) -> str:
    found = value.get("version", "") if isinstance(value, dict) else value
    return found if isinstance(found, str) else ""


def _is_conditional(value: object) -> bool:
    words: Iterable[str] = value if isinstance(value, dict) else ()
    return not {"markers", "marker", "python", "platform", "sys_platform", "platform_machine", "os_name"}.isdisjoint(
        words
    )


def _table(value: Any, *keys: str) -> dict[str, Any]:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}
