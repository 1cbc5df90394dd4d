"""Which folders of a project are packages, and which of these ask git when they are built."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops.supply_chain.adapters.files.package_folders import package_folders, read_manifest
from ops.supply_chain.core.errors import InputError, UsageError

BUILD = '[project]\nname = "NAME"\nversion = "1"\n[build-system]\nrequires = ["hatchling"]\n'


def write(root: Path, **files: str) -> None:
    for name, text in files.items():
        path = root / name.replace("__", "/").replace("_DOT_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def paths(root: Path, *selected: str) -> list[tuple[str, str]]:
    return [(package.path, package.name) for package in package_folders(root, selected)]


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({}, []),
        ({"pyproject_DOT_toml": BUILD}, [("", "NAME")]),
        ({"pyproject_DOT_toml": '[project]\nname = "x"\n'}, []),
        ({"pyproject_DOT_toml": BUILD + "[tool.uv]\npackage = false\n"}, []),
        ({"pyproject_DOT_toml": BUILD + "[tool.poetry]\npackage-mode = false\n"}, []),
        ({"setup_DOT_py": "", "setup_DOT_cfg": "[metadata]\nname = old\n"}, [("", "old")]),
        ({"setup_DOT_cfg": "[metadata]\nname = old\n"}, [("", "old")]),
        ({"setup_DOT_cfg": "[flake8]\n"}, []),
        ({"pyproject_DOT_toml": BUILD, "examples__a__pyproject_DOT_toml": BUILD}, [("", "NAME")]),
    ],
)
def test_a_package_is_what_can_be_built(tmp_path: Path, files: dict[str, str], found: list[tuple[str, str]]) -> None:
    write(tmp_path, **files)
    assert paths(tmp_path) == found


def test_the_members_of_a_workspace_are_packages_unless_they_are_excluded(tmp_path: Path) -> None:
    workspace = '[tool.uv.workspace]\nmembers = ["packages/*", "apps/x"]\nexclude = ["packages/old"]\n'
    write(tmp_path, pyproject_DOT_toml=workspace)
    for folder in ("packages/a", "packages/old", "packages/a/deep", "apps/x", "apps/y"):
        write(tmp_path / folder, pyproject_DOT_toml=BUILD)
    assert [path for path, _ in paths(tmp_path)] == ["apps/x", "packages/a"]
    assert [path for path, _ in paths(tmp_path, "apps/y/", "./packages/old")] == ["apps/y", "packages/old"]


def test_a_selected_package_needs_no_build_system(tmp_path: Path) -> None:
    write(tmp_path, pyproject_DOT_toml='[project]\nname = "x"\n')
    assert paths(tmp_path) == []
    assert paths(tmp_path, ".") == [("", "x")]


@pytest.mark.parametrize("path", ["..", "/", "absent", "../other", "packages"])
def test_a_selected_folder_that_is_no_package_is_refused(tmp_path: Path, path: str) -> None:
    write(tmp_path / "packages", README="")
    with pytest.raises(UsageError, match="is no folder of a Python package"):
        package_folders(tmp_path, [path])


def test_a_manifest_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    write(tmp_path, a__pyproject_DOT_toml="[")
    with pytest.raises(InputError, match=r"a/pyproject\.toml: not valid TOML"):
        read_manifest(tmp_path, "a")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[build-system]\nrequires = ["hatchling", "Hatch_VCS>=0.4"]\n', True),
        ('[build-system]\nrequires = ["setuptools", " setuptools-scm[toml]>=8"]\n', True),
        ('[build-system]\nrequires = ["versioneer[toml]==0.29"]\n', True),
        ('[build-system]\nrequires = ["pdm-backend"]\n[tool.pdm.version]\nsource = "scm"\n', True),
        ('[build-system]\nrequires = ["pdm-backend"]\n[tool.pdm.version]\nsource = "file"\n', False),
        ('[build-system]\nrequires = ["setuptools"]\n', False),
        ('[build-system]\nrequires = [1, "", "?"]\n', False),
        ('[build-system]\nrequires = "setuptools-scm"\n[tool.pdm]\nversion = "1"\n', False),
    ],
)
def test_a_version_from_git_needs_the_history(tmp_path: Path, text: str, expected: bool) -> None:
    write(tmp_path, pyproject_DOT_toml=text)
    (package,) = package_folders(tmp_path)
    assert package.needs_history is expected
