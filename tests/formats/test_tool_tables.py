"""Tables of tools that declare packages: each kind is found by its name, and nothing else is."""

from __future__ import annotations

from typing import Any

import pytest

from ops.supply_chain.core import plain_toml
from ops.supply_chain.formats.tool_tables import hatch_environments, listed, other_tables, pixi_tables

HATCH = """
[envs.docs]
dependencies = ["mkdocs"]
[envs.more]
extra-dependencies = ["rich"]
[envs.plain]
python = "3.12"
[envs.empty]
dependencies = []
[envs.lint.scripts]
dependencies = "echo"
"""
PIXI = """
[dependencies]
python = "3.12"
[pypi-dependencies]
idna = "*"
[build-dependencies]
[feature.test.dependencies]
pytest = "*"
[feature.test.target.linux-64.host-dependencies]
gcc = "*"
[target.win-64.run-dependencies]
win = "*"
[package.build-dependencies]
hatchling = "*"
[package.target.osx-64.dependencies]
clang = "*"
[tasks]
dependencies = "echo"
"""


def test_environments_of_hatch_that_have_dependencies() -> None:
    assert hatch_environments(plain_toml.load(HATCH)) == ("envs.docs", "envs.more")


def test_tables_of_pixi_at_any_depth() -> None:
    assert pixi_tables(plain_toml.load(PIXI)) == (
        "dependencies",
        "pypi-dependencies",
        "feature.test.dependencies",
        "feature.test.target.linux-64.host-dependencies",
        "target.win-64.run-dependencies",
        "package.build-dependencies",
        "package.target.osx-64.dependencies",
    )


def test_both_in_a_pyproject() -> None:
    tool = {"hatch": plain_toml.load(HATCH), "pixi": plain_toml.load(PIXI)}
    found = other_tables(tool)
    assert found[:3] == ("tool.hatch.envs.docs", "tool.hatch.envs.more", "tool.pixi.dependencies")
    assert len(found) == 9
    assert other_tables({}) == ()


@pytest.mark.parametrize("wrong", [None, 7, "text", ["list"], [{"dependencies": ["x"]}]])
def test_no_table_where_one_is_expected_is_empty(wrong: Any) -> None:
    assert other_tables({"hatch": wrong, "pixi": wrong}) == ()
    assert hatch_environments({"envs": wrong}) == hatch_environments({"envs": {"a": wrong}}) == ()
    assert pixi_tables({"feature": wrong, "target": {"a": wrong}, "package": wrong}) == ()
    assert listed({"a": wrong}, "a", "b") == []


def test_texts_of_an_array_at_a_path() -> None:
    table = {"rye": {"dev-dependencies": ["ruff", 7, None, "idna"], "one": "ruff"}}
    assert listed(table, "rye", "dev-dependencies") == ["ruff", "idna"]
    assert listed(table, "rye", "one") == []
    assert listed(table, "rye", "none") == []
