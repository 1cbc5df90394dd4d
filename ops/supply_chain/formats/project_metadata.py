"""Name and version of a project, from `pyproject.toml` and `setup.cfg`, without running its code.

Source: https://packaging.python.org/en/latest/specifications/pyproject-toml/ (`[project]`, `[build-system]`, `dynamic`);
https://python-poetry.org/docs/pyproject/ (`package-mode`); https://docs.astral.sh/uv/reference/settings/ (`package`);
https://setuptools.pypa.io/en/latest/userguide/declarative_config.html (`attr:`, `file:`)
"""

from __future__ import annotations

import configparser
from collections.abc import Iterator, Mapping
from typing import Any

from ops.supply_chain.contracts.values.source import ProjectMetadata, StatedVersion
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.core.text import excerpt, printable

PYPROJECT, SETUP_CFG, SETUP_PY = "pyproject.toml", "setup.cfg", "setup.py"


def read_metadata(pyproject: Mapping[str, Any], setup_cfg: str, *, has_setup_py: bool) -> ProjectMetadata:
    """Read what a project states of itself.

    Args:
        pyproject: The document, empty where there is none.
        setup_cfg: The text, empty where there is none.
        has_setup_py: Whether there is a `setup.py`.
    Raises:
        InputError: `setup.cfg` cannot be read.
    """
    project, tool = _table(pyproject, "project"), _table(pyproject, "tool")
    poetry, setup = _table(tool, "poetry"), _setup_metadata(setup_cfg)
    names = (project.get("name"), poetry.get("name"), setup.get("name"))
    stated, unread = _versions(project, poetry, setup)
    return ProjectMetadata(
        name=next((name for name in names if isinstance(name, str) and name), ""),
        versions=stated,
        dynamic=_dynamic(pyproject, unread, states_one=bool(stated), has_setup_py=has_setup_py),
        is_package=_is_package(pyproject, has_setup=has_setup_py or bool(setup)),
    )


def _setup_metadata(text: str) -> dict[str, str]:
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(text, source=SETUP_CFG)
    except configparser.Error as error:
        raise InputError(f"{SETUP_CFG}: cannot be read: {printable(str(error))}") from error
    return {key: value.strip() for key, value in parser["metadata"].items()} if "metadata" in parser else {}


def _versions(
    project: Mapping[str, Any], poetry: Mapping[str, Any], setup: Mapping[str, str]
) -> tuple[tuple[StatedVersion, ...], str]:
    """Return the versions that are written out, and the directive of `setup.cfg` that refers to code or a file."""
    found = [
        StatedVersion(text=table["version"], where=f"{PYPROJECT} {where}")
        for table, where in ((project, "[project].version"), (poetry, "[tool.poetry].version"))
        if isinstance(table.get("version"), str)
    ]
    written = setup.get("version", "")
    if written.startswith(("attr:", "file:")):
        return tuple(found), f"{SETUP_CFG} version = {excerpt(written)}"
    if written:
        found.append(StatedVersion(text=written, where=f"{SETUP_CFG} [metadata].version"))
    return tuple(found), ""


def _dynamic(pyproject: Mapping[str, Any], unread: str, *, states_one: bool, has_setup_py: bool) -> str:
    project, tool = _table(pyproject, "project"), _table(pyproject, "tool")
    listed = project.get("dynamic")
    by_poetry = _table(tool, "poetry-dynamic-versioning").get("enable") is True
    # Poetry's backend takes a version that `[project]` calls dynamic from `[tool.poetry]`.
    if by_poetry or (isinstance(listed, list) and "version" in listed and "version" not in _table(tool, "poetry")):
        return next(_providers(pyproject), "") or "a build backend that is not named"
    if unread or (has_setup_py and not states_one):
        return unread or SETUP_PY
    return ""


def _providers(pyproject: Mapping[str, Any]) -> Iterator[str]:
    tool = _table(pyproject, "tool")
    if _table(tool, "poetry-dynamic-versioning").get("enable") is True:
        yield "poetry-dynamic-versioning"
    if _table(_table(tool, "hatch"), "version").get("source") == "vcs":
        yield "hatch-vcs"
    for name in ("setuptools_scm", "versioningit", "versioneer"):
        if isinstance(tool.get(name), dict):
            yield name.replace("_", "-")
    attribute = _table(_table(_table(tool, "setuptools"), "dynamic"), "version").get("attr")
    if isinstance(attribute, str):
        yield f"the attribute {excerpt(attribute)}"
    backend = _table(pyproject, "build-system").get("build-backend")
    if isinstance(backend, str):
        yield excerpt(backend)


def _is_package(pyproject: Mapping[str, Any], *, has_setup: bool) -> bool:
    project, tool = _table(pyproject, "project"), _table(pyproject, "tool")
    uv, poetry = tool.get("uv"), _table(tool, "poetry")
    managed = uv.get("package") if isinstance(uv, dict) else None
    if managed is False or poetry.get("package-mode") is False:
        return False
    if managed is True or isinstance(pyproject.get("build-system"), dict) or has_setup or poetry.get("name"):
        return True
    # PEP 517 builds with setuptools where no backend is named; uv installs such a project's dependencies only.
    return bool(project) and uv is None


def _table(document: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = document.get(key)
    return found if isinstance(found, dict) else {}
