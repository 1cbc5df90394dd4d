"""A commit of a clone as a repository of its own: what is missing is said with its command, and the clone stays as it is."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from ops.supply_chain.adapters.files.git import read_state
from ops.supply_chain.adapters.files.git_checkout import address_of, check_out, clone_with
from ops.supply_chain.core.errors import UnavailableError
from tests.pipeline.conftest import git


def commit_of(root: Path, name: str = "HEAD") -> str:
    done = subprocess.run(["git", "-C", str(root), "rev-parse", name], check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def origin(tmp_path: Path) -> Path:
    root = tmp_path / "origin"
    (root / "part").mkdir(parents=True)
    git(root, "init", "-q", "-b", "main")
    for text in ("one", "two"):
        (root / "part" / "a.txt").write_text(text)
        git(root, "add", "-A")
        git(root, "commit", "-qm", text)
        git(root, "tag", f"v{text}")
    return root


def test_an_earlier_commit_is_checked_out_with_its_tags_and_the_clone_is_unchanged(
    origin: Path, tmp_path: Path
) -> None:
    commit = commit_of(origin, "vone")
    (origin / "part" / "a.txt").write_text("of the user")
    state = clone_with(origin / "part", commit)
    assert (state.prefix, state.is_shallow, state.is_dirty) == ("part", False, True)
    root = check_out(state, commit, tmp_path / "new", remote="https://example.org/x.git")
    assert (root / "a.txt").read_text() == "one"
    assert (origin / "part" / "a.txt").read_text() == "of the user"
    found = read_state(root)
    assert found is not None
    assert (found.commit, found.tags, found.prefix) == (commit, ("vone",), "part")
    assert address_of(root) == "https://example.org/x.git"


def test_without_an_address_there_is_no_remote(origin: Path, tmp_path: Path) -> None:
    commit = commit_of(origin)
    assert address_of(check_out(clone_with(origin, commit), commit, tmp_path / "new", remote="")) == ""


def test_a_commit_that_a_shallow_clone_lacks(origin: Path, tmp_path: Path) -> None:
    shallow = tmp_path / "shallow"
    words = ["git", "clone", "-q", "--depth", "1", f"file://{origin}", str(shallow)]
    subprocess.run(words, check=True, env={"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": os.devnull})
    with pytest.raises(UnavailableError, match="is not in this shallow clone, so nothing was rebuilt") as caught:
        clone_with(shallow, commit_of(origin, "vone"))
    assert caught.value.hint == f"git -C {shallow} fetch --unshallow --tags origin"
    assert clone_with(shallow, commit_of(origin)).is_shallow


def test_a_commit_that_is_nowhere(origin: Path) -> None:
    with pytest.raises(UnavailableError, match="is not in this clone") as caught:
        clone_with(origin, "a" * 40)
    assert caught.value.hint.endswith(f"or: git -C {origin} fetch origin {'a' * 40}")


def test_a_folder_that_is_no_clone(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="is no clone of the project"):
        clone_with(tmp_path, "a" * 40)
