"""The version ranges of direct dependencies, from the sources of locks.

Source: PEP 508, PEP 440, PEP 621, PEP 735; https://pipenv.pypa.io/en/latest/pipfile.html
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet

from ops.supply_chain.core import plain_toml
from ops.supply_chain.core.names import normalise
from ops.supply_chain.formats.pipfile import read_pipfile
from ops.supply_chain.formats.poetry_ranges import parse_range
from ops.supply_chain.formats.pyproject import INDEX_SOURCES, DeclaredDependency, read_pyproject

Read = Callable[[str], str | None]
"""Returns the text of a file by its path relative to the project, None if there is none."""

Ranges = dict[str, str | None]
"""PEP 503 name -> PEP 440 specifier; an empty one allows any version, None means that the range is not known."""

_Stated = tuple[str, str | None, str]
"""Name as written, specifier or None, marker."""

_INCLUDE = re.compile(r"(?P<flag>-r|--requirements?|-c|--constraints?)(?:\s+|=|(?=[^\s=-]))(?P<path>.+)")
_COMMENT = re.compile(r"(?:^|\s)#.*$")
_OPTIONS = re.compile(r"\s+-.*$")


def ranges_of(path: str, read: Read) -> Ranges:
    """Read the ranges of a lock's source.

    Args:
        path: The source, relative to the project: requirements, `pyproject.toml` or `Pipfile`.
        read: Reads it and its includes.
    Returns:
        Every required name. The range of a name with different markers, or in a form that is not a
        PEP 440 range (an address, several alternatives), is None.
    """
    name = posixpath.basename(path)
    if name == "pyproject.toml":
        return _merged(_from_pyproject(_toml(read(path))))
    if name == "Pipfile":
        return _merged(_from_pipfile(_toml(read(path))))
    if name.endswith(".py"):
        return {}
    wanted, narrowed = _requirements(path, read)
    ranges = _merged(wanted)
    limits = [stated for stated in narrowed if normalise(stated[0]) in ranges]
    return _merged([*wanted, *limits])


def _merged(stated: Iterable[_Stated]) -> Ranges:
    markers: dict[str, set[str]] = {}
    parts: dict[str, list[str | None]] = {}
    for written, specifier, marker in stated:
        name = normalise(written)
        markers.setdefault(name, set()).add(marker)
        parts.setdefault(name, []).append(specifier)
    found: Ranges = {}
    for name, specifiers in parts.items():
        known = [specifier for specifier in specifiers if specifier is not None]
        whole = len(known) == len(specifiers) and len(markers[name]) == 1
        found[name] = _valid(",".join(sorted({specifier for specifier in known if specifier}))) if whole else None
    return found


def _valid(text: str) -> str | None:
    try:
        return str(SpecifierSet(text))
    except InvalidSpecifier:
        return None


def _requirements(path: str, read: Read) -> tuple[list[_Stated], list[_Stated]]:
    wanted: list[_Stated] = []
    narrowed: list[_Stated] = []
    seen: set[tuple[str, bool]] = set()
    left = [(path, True)]
    while left:
        here, required = left.pop()
        if (here, required) in seen:
            continue
        seen.add((here, required))
        for line in _logical_lines(read(here) or ""):
            include = _INCLUDE.fullmatch(line)
            if include is not None:
                target = posixpath.normpath(posixpath.join(posixpath.dirname(here), include["path"].strip("'\" ")))
                left.append((target, required and include["flag"].startswith(("-r", "--r"))))
            elif not line.startswith("-"):
                (wanted if required else narrowed).extend(_requirement(_OPTIONS.sub("", line)))
    return wanted, narrowed


def _logical_lines(text: str) -> Iterator[str]:
    # "Comments are stripped after line continuations are processed."
    for line in re.sub(r"\\\r?\n", " ", text).splitlines():
        stripped = _COMMENT.sub("", line).strip()
        if stripped:
            yield stripped


def _requirement(text: object) -> list[_Stated]:
    if not isinstance(text, str):
        return []
    try:
        parsed = Requirement(text)
    except (InvalidRequirement, RecursionError):
        return []
    return [(parsed.name, None if parsed.url else str(parsed.specifier), str(parsed.marker or ""))]


def _from_pyproject(document: dict[str, Any]) -> list[_Stated]:
    """Return what is declared; what cannot be read is for `check_locks` to report, and its range is not known."""
    found = read_pyproject(document)
    asked = {dependency.name for dependency in found.dependencies}
    narrowing = [limit for limit in found.limits if limit.name in asked]
    declared = [*found.dependencies, *narrowing]
    return [_stated(entry, known=entry.name not in found.overridden) for entry in declared]


def _from_pipfile(document: dict[str, Any]) -> list[_Stated]:
    return [_stated(dependency) for dependency in read_pipfile(document, where="Pipfile")]


def _stated(dependency: DeclaredDependency, *, known: bool = True) -> _Stated:
    return (dependency.name, _specifier(dependency) if known else None, dependency.marker)


def _specifier(dependency: DeclaredDependency) -> str | None:
    """Return what is asked for as one specifier; None where it cannot be, as of an address."""
    if dependency.source not in INDEX_SOURCES:
        return None
    try:
        return parse_range(dependency.constraint).specifier
    except ValueError:
        return None


def _toml(text: str | None) -> dict[str, Any]:
    try:
        return plain_toml.load(text or "")
    except plain_toml.TomlError:
        return {}
