from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from ops.supply_chain.core.errors import InputError
from ops.supply_chain.formats.pipfile import read_pipfile
from ops.supply_chain.formats.pyproject import Declarations, DeclaredDependency, read_pyproject


def read(text: str) -> Declarations:
    return read_pyproject(tomllib.loads(text))


def short(dependencies: tuple[DeclaredDependency, ...]) -> list[str]:
    return [f"{found.group}/{found.name} {found.constraint}".strip() for found in dependencies]


DECLARED: dict[str, tuple[str, list[str]]] = {
    "plain": ('[project]\ndependencies = ["A.B>=1,<2", "c"]', ["main/a-b <2,>=1", "main/c"]),
    "extras": ('[project.optional-dependencies]\n"Web_x" = ["flask"]', ["web-x/flask"]),
    "groups": ('[dependency-groups]\nDev = ["x", {include-group = "Docs"}]\ndocs = ["y"]', ["dev/x", "docs/y"]),
    "an extra and a group of one name": (
        '[project.optional-dependencies]\ndev = ["a"]\n[dependency-groups]\ndev = ["b"]',
        ["dev/a", "dev/b"],
    ),
    "itself": ('[project]\nname = "Demo"\ndependencies = ["demo[all]", "x"]', ["main/x"]),
    "uv": ('[tool.uv]\ndev-dependencies = ["pytest>=8"]', ["dev/pytest >=8"]),
    "pdm": ('[tool.pdm.dev-dependencies]\nlint = ["-e file:///x#egg=Y", "z"]', ["lint/y", "lint/z"]),
    "poetry: the interpreter": (
        '[tool.poetry.dependencies]\npython = "^3.11"\n[tool.poetry.group.a.dependencies]\nPython = "3"',
        [],
    ),
    "poetry: a text": ('[tool.poetry.dependencies]\nA_b = "^1!2.0"', ["main/a-b ^1!2.0"]),
    "poetry: a table": ('[tool.poetry.dependencies]\na = {version = "~1", optional = true}', ["main/a ~1"]),
    "poetry: no version": ('[tool.poetry.dependencies]\na = {source = "ours"}', ["main/a"]),
    "poetry: an array": (
        '[tool.poetry.dependencies]\na = [{version = "1", python = "<3"}, {version = "2"}]',
        ["main/a 1", "main/a 2"],
    ),
    "poetry: every group": (
        '[tool.poetry.dev-dependencies]\na = "1"\n[tool.poetry.group.Docs.dependencies]\nb = "*"',
        ["dev/a 1", "docs/b *"],
    ),
    "poetry: an empty group": ("[tool.poetry.group.dev]\noptional = true", []),
    "nothing": ("", []),
}


@pytest.mark.parametrize(("text", "expected"), DECLARED.values(), ids=DECLARED)
def test_every_form_of_a_dependency(text: str, expected: list[str]) -> None:
    found = read(text)
    assert short(found.dependencies) == expected
    assert found.problems == ()
    assert found.checked("pyproject.toml") is found


PROBLEMS = {
    "no requirement": (
        '[project]\ndependencies = ["ok", "a b"]',
        "project.dependencies[1]: expected a requirement, found 'a b'",
    ),
    "no text": ("[project]\ndependencies = [7]", "project.dependencies[0]: expected a requirement, found a number"),
    "no array": (
        '[project]\ndependencies = "a"',
        "project.dependencies: expected an array of requirements, found a text",
    ),
    "no table": ("[tool]\npoetry = 1", "tool.poetry: expected a table, found a number"),
    "no group": ("[tool.poetry.group]\ndev = []", "tool.poetry.group.dev: expected a table, found an array"),
    "an extra": (
        '[project.optional-dependencies]\n"a.b" = ["=="]',
        "project.optional-dependencies.\"a.b\"[0]: expected a requirement, found '=='",
    ),
    "a group that is not there": (
        '[dependency-groups]\ndev = [{include-group = "x"}]',
        "dependency-groups.dev[0]: expected a group of this file, found 'x'",
    ),
    "another table": (
        '[dependency-groups]\na = []\ndev = [{include-group = "a", x = 1}]',
        "dependency-groups.dev[0]: expected a requirement or {include-group = NAME}, found another table",
    ),
    "a cycle": (
        '[dependency-groups]\na = [{include-group = "b"}]\nb = [{include-group = "a"}]',
        "dependency-groups.a: expected a group that does not include itself, found a cycle (and 1 more)",
    ),
    "an editable without a name": (
        '[tool.pdm.dev-dependencies]\nd = ["-e ./sub"]',
        "tool.pdm.dev-dependencies.d[0]: expected #egg=NAME at its end, found '-e ./sub'",
    ),
    "uv": (
        '[tool.uv]\nconstraint-dependencies = ["<2"]',
        "tool.uv.constraint-dependencies[0]: expected a requirement, found '<2'",
    ),
    "the build": (
        '[build-system]\nrequires = "x"',
        "build-system.requires: expected an array of requirements, found a text",
    ),
    "poetry: a number": (
        "[tool.poetry.dependencies]\na = 1",
        "tool.poetry.dependencies.a: expected a version range or a table, found a number",
    ),
    "poetry: a version that is a number": (
        "[tool.poetry.dependencies]\na = [{version = 1.5}]",
        "tool.poetry.dependencies.a[0]: expected a version range or a table, found a number",
    ),
}


@pytest.mark.parametrize(("text", "message"), PROBLEMS.values(), ids=PROBLEMS)
def test_what_cannot_be_read_is_named_with_its_place(text: str, message: str) -> None:
    found = read(text)
    assert found.problems
    with pytest.raises(InputError) as caught:
        found.checked("sub/pyproject.toml")
    assert caught.value.message == f"sub/pyproject.toml: {message}"


def test_a_requirement_that_cannot_be_read_hides_no_other() -> None:
    assert short(read('[project]\ndependencies = ["a b", "c", 7, "d"]').dependencies) == ["main/c", "main/d"]


def test_where_a_dependency_is_wanted_and_taken_from() -> None:
    text = """
[project]
dependencies = ["win; os_name == 'nt'", "url @ https://h.example/x.whl", "work", "mixed", "own", "plain"]
[tool.uv.sources]
work = {workspace = true}
mixed = [{git = "https://h.example/r", marker = "os_name == 'nt'"}, {index = "ours"}]
own = {index = "ours"}
[tool.poetry.dependencies]
git = {git = "https://h.example/r"}
old = {version = "1", python = "<3.9"}
"""
    found = {dependency.name: dependency for dependency in read(text).dependencies}
    assert {name: entry.source for name, entry in found.items()} == {
        "win": "",
        "url": "url",
        "work": "workspace",
        "mixed": "several",
        "own": "index",
        "plain": "",
        "git": "git",
        "old": "",
    }
    assert [name for name, entry in found.items() if entry.conditional] == ["win", "old"]
    assert found["old"].marker == "<3.9"
    assert found["win"].path == "project.dependencies[0]"
    assert found["git"].path == "tool.poetry.dependencies.git"


def test_what_belongs_to_the_build_and_to_the_resolver() -> None:
    found = read(
        """
[build-system]
requires = ["hatchling>=1.2"]
[project]
dynamic = ["dependencies"]
[tool.uv]
constraint-dependencies = ["a<2"]
override-dependencies = ["B==1"]
[tool.pdm.resolution.overrides]
c_d = "1"
"""
    )
    assert [dependency.name for dependency in found.build] == ["hatchling"]
    assert [(limit.name, limit.constraint) for limit in found.limits] == [("a", "<2")]
    assert found.overridden == {"b", "c-d"}
    assert found.dependencies == ()
    assert found.dynamic


def test_the_groups_that_a_group_includes() -> None:
    found = read('[dependency-groups]\na = [{include-group = "B"}]\nb = [{include-group = "c"}]\nc = ["x"]')
    assert found.groups_in("A") == {"a", "b", "c"}
    assert found.groups_in("c") == {"c"}
    assert found.groups_in("gone") == {"gone"}


def test_a_pipfile() -> None:
    text = """
[[source]]
url = "https://h.example/simple"
[packages]
idna = "*"
tool = {git = "https://h.example/r"}
[dev-packages]
pytest = {version = "~=9.0", markers = "os_name == 'nt'"}
[docs]
sphinx = "1"
[requires]
python_version = "3.12"
"""
    found = read_pipfile(tomllib.loads(text), where="Pipfile")
    assert short(found) == ["main/idna *", "main/tool", "develop/pytest ~=9.0", "docs/sphinx 1"]
    assert [dependency.conditional for dependency in found] == [False, False, True, False]
    with pytest.raises(InputError, match=r"^sub/Pipfile: packages.x: expected a version range or a table, found a num"):
        read_pipfile({"packages": {"x": 1}}, where="sub/Pipfile")


def test_real_projects_are_read_without_a_problem(shared_data: Path) -> None:
    documents: dict[str, Any] = {
        str(path): tomllib.loads(path.read_text())
        for path in sorted((shared_data / "projects").rglob("pyproject.toml"))
    }
    found = {path: read_pyproject(document) for path, document in documents.items()}
    assert {path: declared.problems for path, declared in found.items() if declared.problems} == {}
    assert sum(len(declared.dependencies) for declared in found.values()) > 100
