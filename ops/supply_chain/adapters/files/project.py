"""The project under release: its name, version, source state and timestamp.

Reads `pyproject.toml`, `setup.cfg` and git; asks no network and no clock. The name is `component_name` of the
configuration, else the project's own, else the remote's, else the folder's.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from ops.supply_chain.adapters.files import git
from ops.supply_chain.adapters.files.inputs import read_input_text
from ops.supply_chain.contracts.config.file import Config
from ops.supply_chain.contracts.values.source import ProjectMetadata
from ops.supply_chain.core import plain_toml
from ops.supply_chain.core.errors import ErrorClass, InputError, StageError, UsageError
from ops.supply_chain.core.text import excerpt
from ops.supply_chain.formats.project_metadata import SETUP_CFG, SETUP_PY, read_metadata

if TYPE_CHECKING:
    from ops.supply_chain.adapters.files.tagged_package import TaggedPackage
    from ops.supply_chain.formats.version_tags import VersionTag

COMPONENT_REMOTE = "OpenSecOps"
"""Remote that existing components derive their name from; `origin` comes after it."""

SAFE_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._+-]*[A-Za-z0-9])?")
"""The characters allowed in the name of a released file."""

EARLIEST_EPOCH = 315532800
"""1980-01-01T00:00:00Z, the earliest timestamp that a ZIP file can store; means "unknown"."""

UNVERSIONED = "unversioned"
"""The version of a project that has none, for commands that leave no record and release nothing."""


class Project(msgspec.Struct, frozen=True, kw_only=True):
    """What the pipeline knows about the project before it reads any lock.

    `name` is the component name N, `version` V. `version_source` is `option`, `tag`, `pyproject` (any metadata file)
    or `none`. `metadata` is what its metadata files state; `python_name` is the distribution name in them, empty where
    there is none; `is_package` is True if it can be built as a Python package. `licence` is
    its SPDX expression or empty; `authors` the names in `[project].authors`. `source` is None outside
    git. `epoch` is the timestamp of everything released, in Unix seconds, and `epoch_source` its origin:
    `source-date-epoch`, `commit`, or `none` (then `epoch` is 1980-01-01). `package` is the folder of the one package that is
    released, relative to `root` and empty for its top; None where the whole project is. Name, version and metadata are then
    those of this package.
    """

    root: Path
    name: str
    version: str
    version_source: str
    python_name: str
    metadata: ProjectMetadata
    licence: str
    authors: tuple[str, ...]
    description: str
    source: git.GitState | None
    epoch: int
    epoch_source: str
    package: str | None = None

    @property
    def tag_names(self) -> tuple[str, ...]:
        """The names that tags of its versions may begin with: its own, and that of its folder below a repository's top."""
        prefix = self.source.prefix if self.source is not None and self.package is None else ""
        return _tag_names(self.name, self.python_name, prefix)

    @property
    def is_package(self) -> bool:
        """True if it can be built as a Python package."""
        return self.metadata.is_package


def describe(
    root: Path, config: Config, *, version: str = "", version_needed: bool = True, is_copy: bool = False
) -> Project:
    """Work out name, version and source state of a project.

    Args:
        root: The project's folder.
        config: Its configuration.
        version: The `--version` option: a version, or `NAME==VERSION` of one package of the project; empty means the version
            tag at HEAD, else the metadata, else another tag.
        version_needed: False gives `UNVERSIONED` where no version can be found, and describes the whole project whatever is
            tagged.
        is_copy: True for a copy of a commit's files, as `git_export.export` writes it: no commit is in it, so git is not asked.
    Raises:
        UsageError: No version can be found, or several; a name cannot be used in a file name, or `SOURCE_DATE_EPOCH` is not a
            whole number.
        InputError: `pyproject.toml` or `setup.cfg` is broken.
        UnavailableError: The project is under git and git does not answer.
    """
    document = _pyproject(root)
    metadata, table = _metadata(root, document), _table(document)
    state = None if is_copy else git.read_state(root, remotes=(COMPONENT_REMOTE, "origin"))
    name = _name(root, config, state, metadata)
    tags = state.tags if state and (version_needed or version) else ()
    names = _tag_names(name, metadata.name, state.prefix if state else "")
    package = _tagged_package(root, config, tags, names, version)
    if package is not None:
        name, metadata, table = package.name, package.metadata, _table(package.document)
    name = _safe(name, "component name", "component_name")
    if package is not None:
        chosen, version_source = package.version, "option" if version else "tag"
    else:
        chosen, version_source = _version(version, state, metadata, names, needed=version_needed)
    epoch, epoch_source = _epoch(state)
    return Project(
        root=root,
        name=name,
        version=_safe(chosen, "version", "--version"),
        version_source=version_source,
        python_name=metadata.name,
        metadata=metadata,
        licence=config.sbom.licence or _licence(table),
        authors=_authors(table),
        description=_text(table.get("description")),
        source=state,
        epoch=epoch,
        epoch_source=epoch_source,
        package=None if package is None else package.path,
    )


def folder_name(root: Path, config: Config) -> str:
    """Return the name of a project's folder in `dist/`: the component name, as far as it can be determined.

    Args:
        root: The project's folder.
        config: Its configuration.
    Returns:
        A name of one folder; characters that no name of a component may have are replaced with `-`.
    """
    try:
        name = config.component_name or _metadata(root, _pyproject(root)).name or _remote_name(root)
    except StageError:  # the stages that need the name report it
        name = ""
    name = name or root.resolve().name
    return re.sub(r"[^A-Za-z0-9._+-]|\.{2,}|^[^A-Za-z0-9]+|[^A-Za-z0-9]+$", "-", name).strip("-") or "project"


def _remote_name(root: Path) -> str:
    state = git.read_state(root, remotes=(COMPONENT_REMOTE, "origin"))
    return "" if state is None or not state.remote or state.prefix else _last_part(state.remote)


def _last_part(address: str) -> str:
    return address.rstrip("/").rsplit("/", 1)[-1].rsplit(":", 1)[-1].removesuffix(".git")


def _pyproject(root: Path) -> dict[str, Any]:
    path = root / "pyproject.toml"
    try:
        document = plain_toml.load(read_input_text(root, "pyproject.toml") or "")
    except plain_toml.TomlError as error:
        raise InputError(f"{path}: cannot be read: {error}") from error
    return document


def _table(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return `[project]`, else `[tool.poetry]`."""
    tool = document.get("tool")
    tables = (document.get("project"), tool.get("poetry") if isinstance(tool, dict) else None)
    return next((table for table in tables if isinstance(table, dict)), {})


def _metadata(root: Path, document: Mapping[str, Any]) -> ProjectMetadata:
    setup_cfg = read_input_text(root, SETUP_CFG) or ""
    return read_metadata(document, setup_cfg, has_setup_py=(root / SETUP_PY).is_file())


def _tag_names(name: str, python_name: str, prefix: str) -> tuple[str, ...]:
    return tuple(filter(None, (name, python_name, prefix.rpartition("/")[2])))


def _name(root: Path, config: Config, state: git.GitState | None, metadata: ProjectMetadata) -> str:
    if config.component_name or metadata.name:
        return config.component_name or metadata.name
    if state is not None and state.remote and not state.prefix:
        return _last_part(state.remote)
    return root.resolve().name


def _tagged_package(
    root: Path, config: Config, tags: Collection[str], names: Collection[str], version: str
) -> TaggedPackage | None:
    if not tags and not version:
        return None
    from ops.supply_chain.adapters.files.tagged_package import find_tagged_package

    return find_tagged_package(root, config, tags, names, version)


def _version_tags(tags: Collection[str], names: Collection[str]) -> tuple[VersionTag, ...]:
    if not tags:
        return ()
    from ops.supply_chain.formats.version_tags import version_tags

    return version_tags(tags, names)


def _version_of(option: str, names: Collection[str]) -> str:
    if SAFE_NAME.fullmatch(option):
        return option
    from ops.supply_chain.formats.version_tags import read_tag

    tag = read_tag(option, names)
    return option if tag is None else tag.text


def _version(
    option: str, state: git.GitState | None, metadata: ProjectMetadata, names: Sequence[str], *, needed: bool
) -> tuple[str, str]:
    if option:
        return _version_of(option, names), "option"
    tags = state.tags if state is not None else ()
    versions = _version_tags(tags, names)
    if len({tag.version for tag in versions}) == 1:
        return versions[0].text, "tag"
    if not versions and metadata.versions:
        return metadata.versions[0].text, "pyproject"
    if not versions and len(tags) == 1 and SAFE_NAME.fullmatch(tags[0]):
        return tags[0], "tag"
    if tags and needed:
        if len(tags) == 1:
            raise UsageError(
                f"the tag at HEAD, {excerpt(tags[0])}, is no version, nor one of {' or '.join(map(excerpt, dict.fromkeys(names)))}",
                hint="Give the version with --version.",
                kind=ErrorClass.SEVERAL_VERSIONS,
            )
        raise UsageError(
            f"HEAD has {len(tags)} tags ({', '.join(map(excerpt, tags))}): which one is released?",
            hint="Give it with --version.",
            kind=ErrorClass.SEVERAL_VERSIONS,
        )
    if metadata.versions:
        return metadata.versions[0].text, "pyproject"
    if not needed:
        return UNVERSIONED, "none"
    if state is None:
        raise UsageError(
            "no version: the project is in no git repository with a commit, and its metadata has no static version",
            hint="Give it with --version.",
            kind=ErrorClass.NO_VERSION,
        )
    raise UsageError(
        "no version: HEAD has no tag and the project's metadata no static version",
        hint="Give it with --version, or tag the commit.",
        kind=ErrorClass.NO_VERSION,
    )


def _epoch(state: git.GitState | None) -> tuple[int, str]:
    given = os.environ.get("SOURCE_DATE_EPOCH", "")
    if given:
        if not given.isascii() or not given.isdigit():
            raise UsageError(f"SOURCE_DATE_EPOCH is {given!r}: expected whole seconds since 1970")
        return int(given), "source-date-epoch"
    if state is not None:
        return state.commit_epoch, "commit"
    return EARLIEST_EPOCH, "none"


def _safe(text: str, what: str, how: str) -> str:
    if SAFE_NAME.fullmatch(text) and ".." not in text:
        return text
    raise UsageError(
        f"{what} {text!r} cannot be used in a file name; allowed: letters, digits and . _ + -",
        hint=f"Set another with {how}.",
        kind=ErrorClass.NAME,
    )


def _licence(table: Mapping[str, Any]) -> str:
    found = table.get("license")
    if isinstance(found, dict):
        found = found.get("text", "")
    return _text(found) if "\n" not in _text(found) else ""


def _authors(table: Mapping[str, Any]) -> tuple[str, ...]:
    found = table.get("authors")
    if not isinstance(found, list):
        return ()
    names = [
        _text(person.get("name")) if isinstance(person, dict) else _text(person).split("<")[0].strip()
        for person in found
    ]
    return tuple(filter(None, names))


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
