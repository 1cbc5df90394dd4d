"""What a manifest asks for, as far as a lock can be compared with it."""

from __future__ import annotations

import posixpath
from typing import Any

import msgspec

from ops.supply_chain.core import plain_toml
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.core.names import normalise
from ops.supply_chain.formats.pipfile import read_pipfile
from ops.supply_chain.formats.pyproject import MAIN, DeclaredDependency, read_pyproject


class DeclaredManifest(msgspec.Struct, frozen=True, kw_only=True):
    """A manifest, read.

    `declared` are its dependencies in the order of the file; the constraint of one that a tool locks at another version
    (an override) is empty. `dynamic` is True if a build backend decides at least part of them.
    """

    declared: tuple[DeclaredDependency, ...]
    dynamic: bool

    def of_group(self, name: str) -> tuple[DeclaredDependency, ...]:
        """Return the dependencies of a group or extra; those of the main group where there is no such group."""
        chosen = tuple(dependency for dependency in self.declared if normalise(dependency.group) == normalise(name))
        return chosen or tuple(dependency for dependency in self.declared if dependency.group == MAIN)


def parse_manifest(text: str, *, where: str) -> dict[str, Any]:
    """Read a manifest into plain data.

    Raises:
        InputError: It is not TOML.
    """
    try:
        return plain_toml.load(text)
    except plain_toml.TomlError as error:
        raise InputError(f"{where}: not valid TOML: {error}") from error


def manifest_of(document: dict[str, Any], *, where: str) -> DeclaredManifest:
    """Read the dependencies of a `pyproject.toml` or a `Pipfile`.

    Args:
        document: The parsed file.
        where: Its path, whose name decides which of the two it is.
    Raises:
        InputError: A dependency cannot be read; the message has its place.
    """
    if posixpath.basename(where) == "Pipfile":
        return DeclaredManifest(declared=read_pipfile(document, where=where), dynamic=False)
    found = read_pyproject(document).checked(where)
    own = [
        dependency._replace(constraint="") if dependency.name in found.overridden else dependency
        for dependency in found.dependencies
    ]
    included = [
        dependency._replace(group=group)
        for group in found.includes
        for dependency in own
        if dependency.group != group and dependency.group in found.groups_in(group)
    ]
    return DeclaredManifest(
        declared=tuple(dict.fromkeys([*own, *included])),
        # Poetry reads its own table where [project] leaves the dependencies to it.
        dynamic=found.dynamic and not found.has_poetry_dependencies,
    )
