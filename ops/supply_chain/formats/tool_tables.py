"""Dependencies that tools declare in tables of their own: environments of hatch, packages of pixi, of rye and of flit.

Source: https://hatch.pypa.io/latest/config/environment/overview/#dependencies,
https://pixi.sh/latest/reference/pixi_manifest/#the-dependencies-tables, https://rye.astral.sh/guide/pyproject/,
https://flit.pypa.io/en/stable/pyproject_toml.html#old-style-metadata, https://docs.astral.sh/uv/reference/settings/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_PIXI_TABLES = ("dependencies", "pypi-dependencies", "host-dependencies", "build-dependencies", "run-dependencies")
_HATCH_LISTS = ("dependencies", "extra-dependencies")
UV_LISTS = ("dev-dependencies", "constraint-dependencies", "override-dependencies", "build-constraint-dependencies")
"""Settings of uv that name packages, in `uv.toml` and in `[tool.uv]`."""


def other_tables(tool: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the tables of a `pyproject.toml` that declare packages which the project's own lock does not contain.

    Args:
        tool: Its `[tool]` table.
    Returns:
        Their names, in order; empty where there is none.
    """
    found = [f"tool.hatch.{name}" for name in hatch_environments(_table(tool, "hatch"))]
    found += [f"tool.pixi.{name}" for name in pixi_tables(_table(tool, "pixi"))]
    return tuple(found)


def hatch_environments(document: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the environments with dependencies of a `hatch.toml`, or of `[tool.hatch]`, as `envs.NAME`."""
    environments = _table(document, "envs")
    return tuple(f"envs.{name}" for name in environments if _has_any(_table(environments, name), _HATCH_LISTS))


def pixi_tables(document: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the tables with packages of a `pixi.toml`, or of `[tool.pixi]`, those of features and targets too."""
    return tuple(_pixi(document, ""))


def listed(table: Mapping[str, Any], *path: str) -> Sequence[str]:
    """Return an array of texts at a path of tables; empty where there is none."""
    for key in path[:-1]:
        table = _table(table, key)
    value = table.get(path[-1], [])
    return [text for text in value if isinstance(text, str)] if isinstance(value, list) else []


def _pixi(table: Mapping[str, Any], place: str) -> Iterator[str]:
    yield from (f"{place}{name}" for name in _PIXI_TABLES if table.get(name))
    for kind in ("feature", "target"):
        named = _table(table, kind)
        for name in named:
            yield from _pixi(_table(named, name), f"{place}{kind}.{name}.")
    package = _table(table, "package")
    if package:
        yield from _pixi(package, f"{place}package.")


def _has_any(table: Mapping[str, Any], keys: Sequence[str]) -> bool:
    return any(table.get(key) for key in keys)


def _table(table: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = table.get(key)
    return value if isinstance(value, dict) else {}
