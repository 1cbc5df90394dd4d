"""The project under release: its name, version, source state and timestamp.

Reads `pyproject.toml` and git; asks no network and no clock.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import msgspec

from ops.supply_chain.adapters.files import git
from ops.supply_chain.adapters.files.inputs import read_input, read_input_text
from ops.supply_chain.contracts.config.file import CONFIG_NAME, Config, parse_config
from ops.supply_chain.core import plain_toml
from ops.supply_chain.core.errors import InputError, UsageError

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

    `name` is the component name N, `version` V. `version_source` is `option`, `tag`, `pyproject` or
    `none`.
    `python_name` is the distribution name in `pyproject.toml`, empty where there is none. `licence` is
    its SPDX expression or empty; `authors` the names in `[project].authors`. `source` is None outside
    git. `epoch` is the timestamp of everything released, in Unix seconds, and `epoch_source` its origin:
    `source-date-epoch`, `commit`, or `none` (then `epoch` is 1980-01-01).
    """

    root: Path
    name: str
    version: str
    version_source: str
    python_name: str
    licence: str
    authors: tuple[str, ...]
    description: str
    source: git.GitState | None
    epoch: int
    epoch_source: str


def read_config(root: Path) -> Config:
    """Read the project's `.security-config.toml`, or give the defaults where there is none.

    Raises:
        UsageError: The file is there and is not a valid configuration.
        InputError: It is a link that leads out of the project, or cannot be read.
    """
    path = root / CONFIG_NAME
    if path.exists() and not path.is_file():  # a named pipe would never end
        raise UsageError(f"{path}: is not a file", hint="Put a TOML file there, or nothing.")
    data = read_input(root, CONFIG_NAME)
    try:
        return Config() if data is None else parse_config(data.decode("utf-8"), where=str(path))
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: cannot be read: {error}") from error


def describe(root: Path, config: Config, *, version: str = "", version_needed: bool = True) -> Project:
    """Work out name, version and source state of a project.

    Args:
        root: The project's folder.
        config: Its configuration.
        version: The `--version` option; empty means the tag at HEAD, else `pyproject.toml`.
        version_needed: False gives `UNVERSIONED` where no version can be found.
    Raises:
        UsageError: No version can be found, a name cannot be used in a file name, or
            `SOURCE_DATE_EPOCH` is not a whole number.
        InputError: `pyproject.toml` is broken.
        UnavailableError: The project is under git and git does not answer.
    """
    table = _pyproject(root)
    state = git.read_state(root, remotes=(COMPONENT_REMOTE, "origin"))
    chosen, version_source = _version(version, state, table, needed=version_needed)
    epoch, epoch_source = _epoch(state)
    return Project(
        root=root,
        name=_safe(_name(root, config, state, table), "component name", "component_name"),
        version=_safe(chosen, "version", "--version"),
        version_source=version_source,
        python_name=_text(table.get("name")),
        licence=config.sbom.licence or _licence(table),
        authors=_authors(table),
        description=_text(table.get("description")),
        source=state,
        epoch=epoch,
        epoch_source=epoch_source,
    )


def _pyproject(root: Path) -> dict[str, Any]:
    path = root / "pyproject.toml"
    try:
        document = plain_toml.load(read_input_text(root, "pyproject.toml") or "")
    except plain_toml.TomlError as error:
        raise InputError(f"{path}: cannot be read: {error}") from error
    project = document.get("project")
    if isinstance(project, dict):
        return project
    tool = document.get("tool")
    poetry = tool.get("poetry") if isinstance(tool, dict) else None
    return poetry if isinstance(poetry, dict) else {}


def _name(root: Path, config: Config, state: git.GitState | None, table: dict[str, Any]) -> str:
    if config.component_name:
        return config.component_name
    if state is not None and state.remote and not state.prefix:
        return state.remote.rstrip("/").rsplit("/", 1)[-1].rsplit(":", 1)[-1].removesuffix(".git")
    return _text(table.get("name")) or root.resolve().name


def _version(option: str, state: git.GitState | None, table: dict[str, Any], *, needed: bool) -> tuple[str, str]:
    if option:
        return option, "option"
    if state is not None and len(state.tags) == 1:
        return state.tags[0], "tag"
    if state is not None and len(state.tags) > 1 and needed:
        raise UsageError(
            f"HEAD has {len(state.tags)} tags ({', '.join(state.tags)}): which one is released?",
            hint="Say it with --version.",
        )
    if _text(table.get("version")):
        return _text(table.get("version")), "pyproject"
    if not needed:
        return UNVERSIONED, "none"
    raise UsageError(
        "no version: HEAD has no tag and pyproject.toml no static version",
        hint="Say it with --version, or tag the commit.",
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
    )


def _licence(table: dict[str, Any]) -> str:
    found = table.get("license")
    if isinstance(found, dict):
        found = found.get("text", "")
    return _text(found) if "\n" not in _text(found) else ""


def _authors(table: dict[str, Any]) -> tuple[str, ...]:
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
