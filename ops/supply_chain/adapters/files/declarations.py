"""Whether a project declares dependencies at all: what must hold before "no lock" can mean "no dependencies".

Reads the files in which Python projects declare them; one that cannot be read for sure (`setup.py`, a
dynamic list) counts as declaring, because it was not read.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

from ops.supply_chain.adapters.files.inputs import read_input, read_input_text
from ops.supply_chain.adapters.files.lock_sources import matches
from ops.supply_chain.adapters.files.project_files import ProjectFiles
from ops.supply_chain.core import plain_toml
from ops.supply_chain.core.errors import ErrorClass, InputError, UsageError
from ops.supply_chain.formats.pyproject import read_pyproject
from ops.supply_chain.formats.requirements_encoding import UndecodableError, decode_requirements

UNREADABLE = ("setup.py", "setup.cfg", "Pipfile", "environment.yml", "environment.yaml")
"""Names of files that declare dependencies in a way that we do not read."""

MANIFEST = "pyproject.toml"


def declaring_files(root: Path, exclude: Collection[str] = ()) -> tuple[str, ...]:
    """Return the files of a project that declare, or may declare, dependencies.

    Args:
        root: The project's folder.
        exclude: Globs of files that are not read, as in `[locks].exclude`.
    Returns:
        Paths relative to the project, sorted; empty where it is sure that there are none.
    Raises:
        InputError: The `pyproject.toml` at the top is broken; one that is elsewhere may be a template, and counts
            as declaring.
        UsageError: The globs exclude every file, so nothing would be checked.
    """
    files = list(ProjectFiles(root).walk(lambda path: matches(path, exclude)))
    if not files and exclude and next(iter(ProjectFiles(root).walk()), None):
        raise UsageError(
            "[locks].exclude: excludes every file of the project, so nothing can be checked",
            hint="Leave out what holds the locks of others, and nothing else.",
            kind=ErrorClass.CONFIGURATION,
        )
    found = {path for path in files if _is_source(path) and _has_requirements(root, path)}
    found |= {path for path in files if _name(path) in UNREADABLE}
    found |= {path for path in files if _name(path) == MANIFEST and _may_declare(root, path)}
    return tuple(sorted(found))


def _may_declare(root: Path, path: str) -> bool:
    try:
        return _declares(_read(root, path))
    except InputError:
        if path == MANIFEST:
            raise
        return True


def _read(root: Path, path: str) -> dict[str, Any]:
    try:
        return plain_toml.load(read_input_text(root, path) or "")
    except plain_toml.TomlError as error:
        raise InputError(f"{root / path}: cannot be read: {error}") from error


def _declares(document: dict[str, Any]) -> bool:
    found = read_pyproject(document)
    # What cannot be read may be a dependency.
    return bool(found.dependencies or found.problems or found.dynamic)


def _name(path: str) -> str:
    return path.rpartition("/")[2]


def _is_source(path: str) -> bool:
    name = _name(path)
    # `config.h.in` is a template of something else, `MANIFEST.in` lists files of a source distribution.
    return name.endswith(".in") and name.count(".") == 1 and name != "MANIFEST.in"


def _has_requirements(root: Path, path: str) -> bool:
    try:
        lines = decode_requirements(read_input(root, path) or b"").splitlines()
    except UndecodableError:
        return True  # what it declares is unknown
    return any(line.strip() and not line.strip().startswith("#") for line in lines)
