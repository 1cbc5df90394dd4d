"""The names that a project asks for itself, from the manifest beside a lock that does not tell.

Source: https://packaging.python.org/en/latest/specifications/pyproject-toml/, PEP 735 (dependency groups),
https://python-poetry.org/docs/pyproject/, https://pdm-project.org/latest/reference/pep621/,
https://pipenv.pypa.io/en/latest/pipfile.html
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.names import normalise
from ops.supply_chain.dependencies.locks.names import NAME_PATTERN
from ops.supply_chain.dependencies.locks.tables import read_toml

_LEADING_NAME = re.compile(rf"\s*({NAME_PATTERN})(?![A-Za-z0-9._-])")
_PIPFILE_OTHER = ("source", "requires", "pipenv", "scripts", "pipfile")


class Manifest(NamedTuple):
    """`direct` are the normalised names asked for, None where there is no manifest; `included` says
    which file was read, as `Lock.included` does.
    """

    direct: frozenset[str] | None
    included: tuple[tuple[str, str, int], ...]

    def asks_for(self, name: str) -> bool | None:
        """Tell whether the project asks for a package itself; None where there is no manifest."""
        return None if self.direct is None else name in self.direct


def read_manifest(lock_path: str, name: str, read_included: Callable[[str], bytes | None]) -> Manifest:
    """Read the manifest beside a lock, where there is one.

    Args:
        lock_path: Of the lock, relative to the project.
        name: `pyproject.toml` or `Pipfile`.
        read_included: Reads a file of the project; None where there is none.
    Raises:
        InputError: The manifest is not TOML.
    """
    path = posixpath.join(posixpath.dirname(lock_path), name)
    data = read_included(path)
    if data is None:
        return Manifest(None, ())
    document, _ = read_toml(path, data)
    names = _pipfile_names(document) if name == "Pipfile" else _pyproject_names(document)
    return Manifest(frozenset(map(normalise, names)), ((path, sha256_bytes(data), len(data)),))


def requirement_name(text: object) -> str:
    """Return the name that a PEP 508 text starts with, as written, or an empty text."""
    match = _LEADING_NAME.match(text) if isinstance(text, str) else None
    return match[1] if match else ""


def _pipfile_names(document: dict[str, Any]) -> Iterator[str]:
    for section, table in document.items():
        if section not in _PIPFILE_OTHER and isinstance(table, dict):
            yield from table


def _pyproject_names(document: dict[str, Any]) -> Iterator[str]:
    project, poetry = _table(document, "project"), _table(document, "tool", "poetry")
    lists = [project.get("dependencies"), *_table(project, "optional-dependencies").values()]
    lists += _table(document, "dependency-groups").values()
    lists += _table(document, "tool", "pdm", "dev-dependencies").values()
    yield from filter(None, map(requirement_name, _flat(lists)))
    yield from _table(poetry, "dependencies")
    yield from _table(poetry, "dev-dependencies")
    for group in _table(poetry, "group").values():
        yield from _table(group, "dependencies")


def _table(value: Any, *keys: str) -> dict[str, Any]:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def _flat(lists: Iterable[Any]) -> Iterator[Any]:
    for one in lists:
        yield from one if isinstance(one, list) else ()
