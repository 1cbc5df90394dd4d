from __future__ import annotations

import re

import pytest

from ops.supply_chain.core.errors import InputError
from ops.supply_chain.dependencies.drift.declared import manifest_of, parse_manifest
from ops.supply_chain.formats.pyproject import DeclaredDependency


def declared(text: str) -> list[tuple[str, str, bool, str]]:
    return [_row(dependency) for dependency in manifest_of(parse_manifest(text, where="p"), where="p").declared]


def _row(dependency: DeclaredDependency) -> tuple[str, str, bool, str]:
    return (dependency.name, dependency.constraint, dependency.conditional, dependency.group)


def test_the_standard_tables() -> None:
    text = """
[project]
name = "Demo"
dependencies = ["Top.Level>=1,<2", "win ; sys_platform == 'win32'", "git @ git+https://example.org/x", "demo[web]"]
[project.optional-dependencies]
web = ["flask"]
[dependency-groups]
dev = ["pytest>=8", {include-group = "docs"}]
docs = ["sphinx"]
[tool.uv]
dev-dependencies = ["ruff"]
"""
    assert declared(text) == [
        ("top-level", "<2,>=1", False, "main"),
        ("win", "", True, "main"),
        ("git", "", False, "main"),
        ("flask", "", False, "web"),
        ("pytest", ">=8", False, "dev"),
        ("sphinx", "", False, "docs"),
        ("ruff", "", False, "dev"),
        ("sphinx", "", False, "dev"),
    ]


def test_poetrys_tables() -> None:
    text = """
[tool.poetry]
name = "demo"
[tool.poetry.dependencies]
python = "^3.11"
Requests = "^2"
extra = {version = "~1.2", optional = true}
local = {path = "../local"}
old = {version = "*", python = "<3.9"}
both = [{version = "1", markers = "os_name == 'nt'"}, {version = "2"}]
[tool.poetry.dev-dependencies]
mock = "*"
[tool.poetry.group.docs.dependencies]
sphinx = ">=7"
"""
    assert declared(text) == [
        ("requests", "^2", False, "main"),
        ("extra", "~1.2", False, "main"),
        ("local", "", False, "main"),
        ("old", "*", True, "main"),
        ("both", "1", True, "main"),
        ("both", "2", True, "main"),
        ("mock", "*", False, "dev"),
        ("sphinx", ">=7", False, "docs"),
    ]


def test_pdms_table_and_what_is_overridden() -> None:
    text = """
[project]
dependencies = ["a>=1", "b>=1"]
[tool.uv]
override-dependencies = ["A==0.5"]
[tool.pdm.resolution.overrides]
b = "0.5"
[tool.pdm.dev-dependencies]
dev = ["-e file:///x#egg=y", "c>=1"]
"""
    assert declared(text) == [
        ("a", "", False, "main"),
        ("b", "", False, "main"),
        ("y", "", False, "dev"),
        ("c", ">=1", False, "dev"),
    ]


def test_a_pipfile() -> None:
    text = '[[source]]\nurl = "x"\n[packages]\nIdna = "*"\n[dev-packages]\nx = {version = ">=1", markers = "y"}\n[docs]\nz = "1"\n'
    found = manifest_of(parse_manifest(text, where="Pipfile"), where="sub/Pipfile").declared
    assert [_row(dependency) for dependency in found] == [
        ("idna", "*", False, "main"),
        ("x", ">=1", True, "develop"),
        ("z", "1", False, "docs"),
    ]


@pytest.mark.parametrize(
    ("text", "dynamic"),
    [
        ('[project]\ndynamic = ["dependencies"]\n', True),
        ('[project]\ndynamic = ["optional-dependencies", "version"]\n', True),
        ('[project]\ndynamic = ["version"]\n', False),
        ('[project]\ndynamic = ["dependencies"]\n[tool.poetry.dependencies]\na = "1"\n', False),
        ("", False),
    ],
)
def test_dependencies_left_to_a_build_are_told(text: str, dynamic: bool) -> None:
    assert manifest_of(parse_manifest(text, where="p"), where="p").dynamic is dynamic


HOSTILE = {
    "a requirement that is none": (
        '[project]\ndependencies = ["a b\\u001b"]\n',
        "p: project.dependencies[0]: expected a requirement, found 'a b?'",
    ),
    "a requirement that is no text": (
        "[project]\ndependencies = [7]\n",
        "p: project.dependencies[0]: expected a requirement, found a number",
    ),
    "no list": ("[project]\ndependencies = 7\n", "p: project.dependencies: expected an array of requirements"),
    "no table": ("[tool]\npoetry = []\n", "p: tool.poetry: expected a table, found an array"),
    "no override": ("[tool.uv]\noverride-dependencies = 1\n", "p: tool.uv.override-dependencies: expected an array"),
    "no TOML": ("[", "p: not valid TOML: "),
}


@pytest.mark.parametrize(("text", "message"), HOSTILE.values(), ids=HOSTILE)
def test_a_broken_manifest_is_named(text: str, message: str) -> None:
    with pytest.raises(InputError, match=f"^{re.escape(message)}"):
        declared(text)
