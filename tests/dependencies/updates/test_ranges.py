from __future__ import annotations

import pytest

from ops.supply_chain.dependencies.updates.ranges import ranges_of

REQUIREMENTS = [
    pytest.param("idna>=3,<4  # why\n", {"idna": "<4,>=3"}, id="range"),
    pytest.param("Foo.Bar[fast]~=1.0 ; python_version > '3'\n", {"foo-bar": "~=1.0"}, id="extras-and-marker"),
    pytest.param("idna\n", {"idna": ""}, id="any"),
    pytest.param("idna>=3 --hash=sha256:aa\n", {"idna": ">=3"}, id="hash"),
    pytest.param("idna>=3\\\n  ,<4\n", {"idna": "<4,>=3"}, id="continued"),
    pytest.param("idna>=3\nidna<4\n", {"idna": "<4,>=3"}, id="twice"),
    pytest.param("idna>=3; os_name=='nt'\nidna<3\n", {"idna": None}, id="by-marker"),
    pytest.param("idna @ https://h.example/idna.whl\n", {"idna": None}, id="address"),
    pytest.param("-e .\n--index-url https://h.example\n./folder\n???\n", {}, id="no-requirement"),
    pytest.param("", {}, id="empty"),
]


@pytest.mark.parametrize(("text", "expected"), REQUIREMENTS)
def test_a_requirements_source(text: str, expected: dict[str, str | None]) -> None:
    assert ranges_of("requirements.in", {"requirements.in": text}.get) == expected


def test_includes_add_and_constraints_narrow() -> None:
    files = {
        "a/requirements.in": "-r ../base.in\n-c limits.txt\nidna>=3\n",
        "base.in": "urllib3>=2\n-r a/requirements.in\n-rmore.in\n",
        "more.in": "attrs\n",
        "a/limits.txt": "idna<4\nunwanted<1\n-r nested.txt\n",
        "a/nested.txt": "urllib3<3\n",
    }
    assert ranges_of("a/requirements.in", files.get) == {
        "idna": "<4,>=3",
        "urllib3": "<3,>=2",
        "attrs": "",
    }


def test_a_missing_include_is_left_to_others() -> None:
    assert ranges_of("requirements.in", {"requirements.in": "-r gone.in\nidna\n"}.get) == {"idna": ""}


def test_pyproject_in_all_its_forms() -> None:
    text = """
    [project]
    dependencies = ["idna>=3", "both>=1", 7]
    optional-dependencies = { fast = ["orjson<4"] }
    [dependency-groups]
    dev = ["pytest==9.*", { include-group = "more" }]
    [tool.pdm.dev-dependencies]
    lint = ["ruff"]
    [tool.poetry.dependencies]
    python = "^3.11"
    both = "<2"
    caret = "^1.2.3"
    table = { version = "~1.4", optional = true }
    marked = [{ version = "1", python = "<3.12" }, { version = "2", python = ">=3.12" }]
    repo = { git = "https://h.example/r" }
    [tool.poetry.group.test.dependencies]
    pre-commit = ">=2.10"
    """
    assert ranges_of("sub/pyproject.toml", {"sub/pyproject.toml": text}.get) == {
        "idna": ">=3",
        "both": "<2,>=1",
        "orjson": "<4",
        "pytest": "==9.*",
        "ruff": "",
        "caret": "<2,>=1.2.3",
        "table": "<1.5,>=1.4",
        "marked": None,
        "repo": None,
        "pre-commit": ">=2.10",
    }


def test_pipfile() -> None:
    text = """
    [[source]]
    url = "https://h.example/simple"
    [packages]
    idna = "*"
    requests = { version = ">=2", extras = ["socks"] }
    tool = { git = "https://h.example/r" }
    [dev-packages]
    pytest = "~=9.0"
    [requires]
    python_version = "3.12"
    """
    assert ranges_of("Pipfile", {"Pipfile": text}.get) == {
        "idna": "",
        "requests": ">=2",
        "tool": None,
        "pytest": "~=9.0",
    }


@pytest.mark.parametrize("path", ["pyproject.toml", "Pipfile"])
def test_what_is_no_toml_says_nothing(path: str) -> None:
    assert ranges_of(path, {path: "[["}.get) == {}


def test_a_script_with_its_own_lock_says_nothing_that_we_read() -> None:
    assert ranges_of("tool.py", {"tool.py": "import idna\n"}.get) == {}
