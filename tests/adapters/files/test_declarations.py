"""Whether a project declares dependencies."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops.supply_chain.adapters.files.declarations import declaring_files
from ops.supply_chain.core.errors import InputError, UsageError

CASES: dict[str, tuple[dict[str, str], tuple[str, ...]]] = {
    "nothing": ({}, ()),
    "no dependencies": ({"pyproject.toml": "[project]\nname = 'x'\ndependencies = []\n"}, ()),
    "dependencies": ({"pyproject.toml": "[project]\ndependencies = ['a']\n"}, ("pyproject.toml",)),
    "extras": ({"pyproject.toml": "[project.optional-dependencies]\nx = ['a']\n"}, ("pyproject.toml",)),
    "groups": ({"pyproject.toml": "[dependency-groups]\ndev = ['a']\n"}, ("pyproject.toml",)),
    "empty group": ({"pyproject.toml": "[dependency-groups]\ndev = []\n"}, ()),
    "dynamic": ({"pyproject.toml": "[project]\ndynamic = ['dependencies']\n"}, ("pyproject.toml",)),
    "dynamic version": ({"pyproject.toml": "[project]\ndynamic = ['version']\n"}, ()),
    "poetry": ({"pyproject.toml": "[tool.poetry.dependencies]\npython = '3'\na = '1'\n"}, ("pyproject.toml",)),
    "poetry, python alone": ({"pyproject.toml": "[tool.poetry.dependencies]\npython = '3'\n"}, ()),
    "poetry groups": ({"pyproject.toml": "[tool.poetry.group.dev.dependencies]\na = '1'\n"}, ("pyproject.toml",)),
    "uv's older groups": ({"pyproject.toml": "[tool.uv]\ndev-dependencies = ['a']\n"}, ("pyproject.toml",)),
    "pdm's groups": ({"pyproject.toml": "[tool.pdm.dev-dependencies]\ndev = ['a']\n"}, ("pyproject.toml",)),
    "deeper": ({"a/pyproject.toml": "[project]\ndependencies = ['a']\n"}, ("a/pyproject.toml",)),
    "deeper, without any": ({"a/pyproject.toml": "[project]\nname = 'x'\n"}, ()),
    "deeper, not read": ({"a/setup.py": "", "b/Pipfile": ""}, ("a/setup.py", "b/Pipfile")),
    "deeper, a template": ({"a/pyproject.toml": "{% if x %}"}, ("a/pyproject.toml",)),
    "source": ({"a/requirements.in": "x\n"}, ("a/requirements.in",)),
    "source of comments": ({"requirements.in": "# nothing\n\n"}, ()),
    "another template": ({"config.h.in": "#define X\nx\n", "MANIFEST.in": "include x\n"}, ()),
    "program": ({"setup.py": "setup()\n"}, ("setup.py",)),
}


@pytest.mark.parametrize(("files", "expected"), CASES.values(), ids=CASES)
def test_declaring_files(tmp_path: Path, files: dict[str, str], expected: tuple[str, ...]) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    assert declaring_files(tmp_path) == expected


def test_what_is_left_out_is_not_looked_at(tmp_path: Path) -> None:
    (tmp_path / "requirements.in").write_text("x")
    (tmp_path / "README.md").write_text("y")
    assert declaring_files(tmp_path, ("*.in",)) == ()


def test_a_broken_file_is_not_a_no(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[project")
    with pytest.raises(InputError, match=r"pyproject\.toml: cannot be read"):
        declaring_files(tmp_path)


@pytest.mark.parametrize("globs", [("**",), ("*", "**/*"), ("*.txt", "sub")])
def test_globs_that_leave_out_everything_are_a_usage_error(tmp_path: Path, globs: tuple[str, ...]) -> None:
    (tmp_path / "sub").mkdir()
    for name in ("requirements.txt", "sub/requirements.txt"):
        (tmp_path / name).write_text("idna==3.7\n")
    with pytest.raises(UsageError) as caught:
        declaring_files(tmp_path, globs)
    assert caught.value.message == "[locks].exclude: excludes every file of the project, so nothing can be checked"
    assert caught.value.hint == "Leave out what holds the locks of others, and nothing else."


def test_an_empty_folder_needs_no_file(tmp_path: Path) -> None:
    assert declaring_files(tmp_path, ("data",)) == ()
