"""What the walk of a project passes by although git tracks it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from ops.supply_chain.adapters.files.git import index_entries
from ops.supply_chain.adapters.files.project_files import ProjectFiles
from ops.supply_chain.core.errors import UnavailableError
from tests.adapters.files.test_git import commit, git


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    (root / "sub").mkdir(parents=True)
    git(root, "init", "-q", "-b", "main")
    (root / ".gitignore").write_text("ignored/\n")
    (root / "sub" / "requirements.txt").write_text("idna==3.7\n")
    return root


def add(root: Path, path: str, text: str = "idna==3.7\n") -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text)


def passed_by(root: Path) -> dict[str, str]:
    files = ProjectFiles(root)
    return {file.path: file.why for file in files.unwalked(list(files.walk()))}


def test_tracked_files_in_folders_that_are_not_searched(root: Path) -> None:
    for path in ("build/requirements.txt", ".cache/a/uv.lock", "a/dist/x", "x.egg-info/requires.txt", ".venv/setup.py"):
        add(root, path)
    commit(root)
    for path in ("build/untracked.txt", "ignored/build/requirements.txt", "node_modules/a/setup.py"):
        add(root, path)
    assert passed_by(root) == {
        ".cache/a/uv.lock": "is in .cache/, which is not searched",
        ".venv/setup.py": "is in .venv/, which is not searched",
        "a/dist/x": "is in a/dist/, which is not searched",
        "build/requirements.txt": "is in build/, which is not searched",
        "x.egg-info/requires.txt": "is in x.egg-info/, which is not searched",
    }


@pytest.mark.parametrize("text", ["", "home = /usr/bin\n"])
def test_tracked_files_in_what_is_marked_as_an_environment(root: Path, text: str) -> None:
    add(root, "svc/pyvenv.cfg", text)
    add(root, "svc/bin/requirements.txt")
    add(root, "conda/conda-meta/history", "")
    commit(root)
    found = passed_by(root)
    assert found["svc/bin/requirements.txt"] == "is in svc/, which pyvenv.cfg marks as an environment"
    assert found["conda/conda-meta/history"] == "is in conda/, which conda-meta marks as an environment"


def test_without_git_an_environment_that_a_tool_made_is_passed_by(tmp_path: Path) -> None:
    add(tmp_path, "env/pyvenv.cfg", "home = /usr/bin\n")
    add(tmp_path, "env/bin/requirements.txt")
    add(tmp_path, "conda/conda-meta/history", "")
    add(tmp_path, "fake/pyvenv.cfg", "home = /usr/bin\n")
    add(tmp_path, "fake/requirements.txt")
    assert sorted(passed_by(tmp_path)) == ["fake/pyvenv.cfg", "fake/requirements.txt"]


def test_what_is_tracked_and_not_checked_out(root: Path) -> None:
    add(root, "requirements.txt")
    add(root, "gone.txt")
    commit(root)
    git(root, "update-index", "--skip-worktree", "requirements.txt")
    (root / "requirements.txt").unlink()
    (root / "gone.txt").unlink()  # the working folder differs, which its own check reports
    assert passed_by(root) == {"requirements.txt": "is tracked by git and not checked out"}


def test_a_submodule_that_is_not_checked_out(root: Path) -> None:
    add(root, "x", "")
    commit(root)
    head = git(root, "rev-parse", "HEAD")
    git(root, "update-index", "--add", "--cacheinfo", f"160000,{head},vendor/there")
    git(root, "update-index", "--add", "--cacheinfo", f"160000,{head},vendor/absent")
    add(root, "vendor/there/requirements.txt")
    (root / "vendor" / "absent").mkdir()
    assert passed_by(root) == {"vendor/absent": "is a submodule that is not checked out"}


def test_links_to_folders(root: Path) -> None:
    (root / "out").symlink_to(root.parent)
    (root / "in").symlink_to(root / "sub")
    commit(root)
    (root / "untracked").symlink_to(root.parent)
    assert passed_by(root) == {"out": "is a link that leads out of the project"}


def test_a_project_in_a_folder_of_its_repository(root: Path) -> None:
    add(root, "sub/build/requirements.txt")
    add(root, "build/requirements.txt")
    commit(root)
    assert list(passed_by(root / "sub")) == ["build/requirements.txt"]


def test_an_error_of_git_is_not_an_empty_list(root: Path) -> None:
    commit(root)
    (root / ".git" / "index").write_bytes(b"broken")
    with pytest.raises(UnavailableError, match="ls-files"):
        index_entries(root)


def test_no_program_that_the_repository_names_is_run(root: Path, tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\n: > '{tmp_path / 'ran'}'\ncat\n")
    program.chmod(0o755)
    add(root, ".gitattributes", "* filter=x\n")
    commit(root)
    for key in ("filter.x.clean", "filter.x.process", "core.fsmonitor"):
        subprocess.run(["git", "-C", str(root), "config", key, str(program)], check=True)
    assert index_entries(root)
    assert not (tmp_path / "ran").exists()
