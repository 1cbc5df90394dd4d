"""The names of direct dependencies, from the manifest beside a lock that does not record them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from typing import NamedTuple

from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.dependencies.locks.names import NAME_PATTERN
from ops.supply_chain.dependencies.locks.tables import read_toml
from ops.supply_chain.formats.pipfile import read_pipfile
from ops.supply_chain.formats.pyproject import read_pyproject

_LEADING_NAME = re.compile(rf"\s*({NAME_PATTERN})(?![A-Za-z0-9._-])")


class DirectNames(NamedTuple):
    """The direct dependencies in a manifest.

    `direct` are their normalised names, None if there is no manifest; `included` is the file that was read, as in
    `Lock.included`. `groups` are (group, name) of each, `extras` the groups that are extras of the project.
    """

    direct: frozenset[str] | None
    included: tuple[tuple[str, str, int], ...]
    groups: tuple[tuple[str, str], ...] = ()
    extras: frozenset[str] = frozenset()

    def asks_for(self, name: str) -> bool | None:
        """Return whether a package is a direct dependency; None if there is no manifest."""
        return None if self.direct is None else name in self.direct


def read_manifest(lock_path: str, name: str, read_included: Callable[[str], bytes | None]) -> DirectNames:
    """Read the manifest beside a lock, if there is one.

    Args:
        lock_path: The lock, relative to the project.
        name: `pyproject.toml` or `Pipfile`.
        read_included: Reads a file of the project; None if there is none.
    Raises:
        InputError: The manifest is not TOML, or a dependency in it cannot be read.
    """
    path = posixpath.join(posixpath.dirname(lock_path), name)
    data = read_included(path)
    if data is None:
        return DirectNames(None, ())
    document, _ = read_toml(path, data)
    extras: frozenset[str] = frozenset()
    if name == "Pipfile":
        declared = read_pipfile(document, where=path)
    else:
        declarations = read_pyproject(document).checked(path)
        declared, extras = declarations.dependencies, declarations.extras
    return DirectNames(
        frozenset(dependency.name for dependency in declared),
        ((path, sha256_bytes(data), len(data)),),
        tuple((dependency.group, dependency.name) for dependency in declared),
        extras,
    )


def requirement_name(text: object) -> str:
    """Return the name at the start of a PEP 508 text, as written, or an empty text."""
    match = _LEADING_NAME.match(text) if isinstance(text, str) else None
    return match[1] if match else ""
