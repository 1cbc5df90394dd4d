"""The packages of a project: the folders from which a distribution can be built.

Source: https://packaging.python.org/en/latest/specifications/pyproject-toml/ (`[build-system]`);
https://docs.astral.sh/uv/concepts/projects/workspaces/ (`members`, `exclude`)
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from ops.supply_chain.adapters.files.inputs import read_input_text
from ops.supply_chain.adapters.files.project_files import ProjectFiles
from ops.supply_chain.contracts.values.source import ProjectMetadata
from ops.supply_chain.core import plain_toml
from ops.supply_chain.core.errors import ErrorClass, InputError, UsageError
from ops.supply_chain.core.globs import path_matcher
from ops.supply_chain.formats.project_metadata import (
    PYPROJECT,
    SETUP_CFG,
    SETUP_PY,
    TAG_READERS,
    build_requirements,
    has_scm_source,
    read_metadata,
)

_FROM_HISTORY = TAG_READERS | {"setuptools-git"}
"""Build requirements that ask git."""


class PackageFolder(msgspec.Struct, frozen=True, kw_only=True):
    """One package: its folder relative to the project, with `/`, empty for the top; its parsed `pyproject.toml`, and what its metadata state."""

    path: str
    document: Mapping[str, Any]
    metadata: ProjectMetadata

    @property
    def name(self) -> str:
        """Its name as stated in its metadata, empty if it is not stated."""
        return self.metadata.name

    @property
    def manifest(self) -> str:
        """Its `pyproject.toml`, relative to the project."""
        return posixpath.join(self.path, PYPROJECT)

    @property
    def needs_history(self) -> bool:
        """Whether its build computes the version, or the list of files, from the repository."""
        return not _FROM_HISTORY.isdisjoint(build_requirements(self.document)) or has_scm_source(self.document)


def package_folders(root: Path, selected: Sequence[str] = ()) -> tuple[PackageFolder, ...]:
    """Return the packages of a project.

    Args:
        root: The project's folder.
        selected: Folders relative to it that the configuration names; without any, the top, and the members of uv's workspace.
    Returns:
        Sorted by path. Without `selected`, folders that cannot be built as a Python package are left out.
    Raises:
        UsageError: A selected folder is no Python package.
        InputError: A `pyproject.toml` or `setup.cfg` cannot be read.
    """
    if selected:
        return tuple(_selected(root, path) for path in sorted({_plain(path) for path in selected}))
    top = _read(root, "")
    found = [top] if top is not None else []
    document = top.document if top is not None else read_manifest(root, "")
    found += [member for path in _members(root, document) if (member := _read(root, path)) is not None]
    return tuple(found)


def _selected(root: Path, path: str) -> PackageFolder:
    found = None if path.startswith(("..", "/")) else _read(root, path, named=True)
    if found is None:
        raise UsageError(
            f"[[packages]]: {path or '.'} is no folder of a Python package",
            hint="Name a folder of the project that has a pyproject.toml with [build-system], or a setup.py.",
            kind=ErrorClass.CONFIGURATION,
        )
    return found


def _plain(path: str) -> str:
    plain = posixpath.normpath(path)
    return "" if plain == "." else plain


def _members(root: Path, document: Mapping[str, Any]) -> Iterator[str]:
    """Yield the folders of a workspace, sorted, its top left out."""
    table: Any = document
    for key in ("tool", "uv", "workspace"):
        table = table.get(key) if isinstance(table, dict) else None
    members, excluded = (
        [text for text in listed if isinstance(text, str)] if isinstance(listed, list) else []
        for listed in ((table.get("members"), table.get("exclude")) if isinstance(table, dict) else ((), ()))
    )
    if members:
        wanted, unwanted = path_matcher(members), path_matcher(excluded)
        folders = {
            posixpath.dirname(path) for path in ProjectFiles(root).walk() if posixpath.basename(path) == PYPROJECT
        }
        yield from sorted(folder for folder in folders if folder and wanted(folder) and not unwanted(folder))


def _read(root: Path, path: str, *, named: bool = False) -> PackageFolder | None:
    """Return the package in a folder, None if there is none; one that the configuration names needs no `[build-system]`."""
    document = read_manifest(root, path)
    setup_cfg = read_input_text(root, posixpath.join(path, SETUP_CFG)) or ""
    has_setup_py = (root / path / SETUP_PY).is_file()
    if not document and not setup_cfg and not has_setup_py:
        return None
    metadata = read_metadata(document, setup_cfg, has_setup_py=has_setup_py)
    buildable = (
        named or isinstance(document.get("build-system"), dict) or has_setup_py or bool(setup_cfg and metadata.name)
    )
    return (
        PackageFolder(path=path, document=document, metadata=_located(metadata, path))
        if metadata.is_package and buildable
        else None
    )


def _located(metadata: ProjectMetadata, path: str) -> ProjectMetadata:
    """Return metadata whose versions name their file relative to the project."""
    versions = tuple(
        msgspec.structs.replace(stated, where=posixpath.join(path, stated.where)) for stated in metadata.versions
    )
    return msgspec.structs.replace(metadata, versions=versions)


def read_manifest(root: Path, path: str) -> Mapping[str, Any]:
    """Return the parsed `pyproject.toml` of a folder, empty where there is none.

    Args:
        root: The project's folder.
        path: The folder, relative to it.
    Raises:
        InputError: It cannot be read.
    """
    where = posixpath.join(path, PYPROJECT)
    text = read_input_text(root, where)
    try:
        return plain_toml.load(text or "")
    except plain_toml.TomlError as error:
        raise InputError(f"{where}: not valid TOML: {error}") from error
