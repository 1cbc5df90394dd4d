"""Name and version of a project, from `pyproject.toml` and `setup.cfg`, without running its code.

Source: https://packaging.python.org/en/latest/specifications/pyproject-toml/ (`[project]`, `[build-system]`, `dynamic`);
https://python-poetry.org/docs/pyproject/ (`package-mode`); https://docs.astral.sh/uv/reference/settings/ (`package`);
https://setuptools.pypa.io/en/latest/userguide/declarative_config.html (`attr:`, `file:`)
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ops.supply_chain.contracts.values.source import ProjectMetadata, StatedVersion
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.core.names import normalise
from ops.supply_chain.core.text import excerpt, printable

PYPROJECT, SETUP_CFG, SETUP_PY = "pyproject.toml", "setup.cfg", "setup.py"

TAG_READERS = frozenset(
    {
        "dunamai",
        "flit-scm",
        "hatch-vcs",
        "pbr",
        "poetry-dynamic-versioning",
        "setuptools-git-versioning",
        "setuptools-scm",
        "uv-dynamic-versioning",
        "vcs-versioning",
        "versioneer",
        "versioningit",
    }
)
"""Build requirements that take the version from git's tags, PEP 503."""

_HATCH_TAG_SOURCES = frozenset({"vcs", "uv-dynamic-versioning", "versioningit"})
"""Values of `[tool.hatch.version].source` of plug-ins that do."""

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")


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
    dynamic = _dynamic(pyproject, setup, has_setup_py=has_setup_py)
    return ProjectMetadata(
        name=next((name for name in names if isinstance(name, str) and name), ""),
        versions=tuple(_versions(pyproject, setup)),
        dynamic=dynamic,
        from_tag=bool(dynamic) and _is_from_tag(pyproject, setup),
        is_package=_is_package(pyproject, has_setup=has_setup_py or bool(setup)),
    )


def _setup_metadata(text: str) -> dict[str, str]:
    if not text:
        return {}
    import configparser

    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(text, source=SETUP_CFG)
    except configparser.Error as error:
        raise InputError(f"{SETUP_CFG}: cannot be read: {printable(str(error))}") from error
    return {key: value.strip() for key, value in parser["metadata"].items()} if "metadata" in parser else {}


def _versions(pyproject: Mapping[str, Any], setup: Mapping[str, str]) -> Iterator[StatedVersion]:
    tool = _table(pyproject, "tool")
    tables = [(_table(pyproject, "project"), "[project].version")]
    if not _is_replaced(tool):
        tables.append((_table(tool, "poetry"), "[tool.poetry].version"))
    for table, where in tables:
        if isinstance(table.get("version"), str):
            yield StatedVersion(text=table["version"], where=f"{PYPROJECT} {where}")
    if setup.get("version") and not _is_directive(setup):
        yield StatedVersion(text=setup["version"], where=f"{SETUP_CFG} [metadata].version")


def _dynamic(pyproject: Mapping[str, Any], setup: Mapping[str, str], *, has_setup_py: bool) -> str:
    """Return what computes the version, empty where a file states the one that the backend takes."""
    tool, backend = _table(pyproject, "tool"), _table(pyproject, "build-system").get("build-backend")
    by_setuptools = not isinstance(backend, str) or backend.startswith("setuptools")
    if next(_versions(pyproject, setup if by_setuptools else {}), None) is not None and not _is_replaced(tool):
        return ""
    listed = _table(pyproject, "project").get("dynamic")
    if _is_directive(setup) and by_setuptools:
        return f"{SETUP_CFG} version = {excerpt(setup['version'])}"
    if _is_replaced(tool) or (isinstance(listed, list) and "version" in listed):
        return next(_providers(pyproject), "") or "a build backend that is not named"
    if not has_setup_py and isinstance(backend, str) and _is_package(pyproject, has_setup=False):
        return excerpt(backend)
    return SETUP_PY if has_setup_py else ""


def build_requirements(pyproject: Mapping[str, Any]) -> frozenset[str]:
    """Return the names of `[build-system].requires` of a parsed `pyproject.toml`, PEP 503."""
    requires = _table(pyproject, "build-system").get("requires")
    texts = [text for text in requires if isinstance(text, str)] if isinstance(requires, list) else []
    return frozenset(normalise(name.group()) for text in texts if (name := _NAME.match(text.strip())))


def has_scm_source(pyproject: Mapping[str, Any]) -> bool:
    """Return whether `[tool.pdm.version]` takes the version from the repository."""
    return _table(_table(_table(pyproject, "tool"), "pdm"), "version").get("source") == "scm"


def _is_from_tag(pyproject: Mapping[str, Any], setup: Mapping[str, str]) -> bool:
    """Return whether what computes the version takes it from git's tag, as far as the files show it."""
    tool = _table(pyproject, "tool")
    by_attribute = "attr" in _table(_table(_table(tool, "setuptools"), "dynamic"), "version")
    if _is_directive(setup) or by_attribute:
        return False
    hatch = _table(_table(tool, "hatch"), "version")
    if hatch:
        return hatch.get("source") in _HATCH_TAG_SOURCES
    return has_scm_source(pyproject) or not TAG_READERS.isdisjoint(build_requirements(pyproject))


def _is_replaced(tool: Mapping[str, Any]) -> bool:
    """Return whether a plug-in replaces the version that is written for Poetry."""
    return _table(tool, "poetry-dynamic-versioning").get("enable") is True


def _is_directive(setup: Mapping[str, str]) -> bool:
    return setup.get("version", "").startswith(("attr:", "file:"))


def _providers(pyproject: Mapping[str, Any]) -> Iterator[str]:
    tool = _table(pyproject, "tool")
    if _is_replaced(tool):
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
