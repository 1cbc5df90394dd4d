"""The dependencies that a `Pipfile` declares.

Source: https://pipenv.pypa.io/en/latest/pipfile.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ops.supply_chain.core.errors import InputError
from ops.supply_chain.formats.pyproject import MAIN, DeclarationProblem, DeclaredDependency, read_table

_OTHER = frozenset({"source", "requires", "pipenv", "scripts", "pipfile"})
"""Sections that are not categories of packages."""

_GROUPS = {"packages": MAIN, "dev-packages": "develop"}
"""Section -> group, where the lock calls it something else."""


def read_pipfile(document: Mapping[str, Any], *, where: str) -> tuple[DeclaredDependency, ...]:
    """Read the dependencies of a parsed `Pipfile`: each section is a group.

    Args:
        document: The parsed file.
        where: Its path, for the error.
    Returns:
        In the order of the file.
    Raises:
        InputError: A package has neither a version range nor a table.
    """
    found: list[DeclaredDependency] = []
    for section, table in document.items():
        if section in _OTHER or not isinstance(table, dict):
            continue
        for entry in read_table(table, _GROUPS.get(section, section), section):
            if isinstance(entry, DeclarationProblem):
                raise InputError(
                    f"{where}: {entry.path}: {entry.message}", hint="Write it as pipenv's documentation says."
                )
            found.append(entry)
    return tuple(found)
