"""git as an adapter: an error is never "not under git", and no program that a repository names is run."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from ops.supply_chain.adapters.files.git import read_state, remote_of, tracked_files
from ops.supply_chain.adapters.files.git_blobs import BlobReader
from ops.supply_chain.adapters.files.git_changes import read_changes
from ops.supply_chain.core.errors import UnavailableError

TEXT = "first\n"


def git(root: Path, *words: str) -> str:
    identity = ["-c", "user.name=T", "-c", "user.email=t@example.org", "-c", "protocol.file.allow=always"]
    done = subprocess.run(["git", "-C", str(root), *identity, *words], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def commit(root: Path) -> None:
    git(root, "add", "-A")
    git(root, "commit", "-qm", "x")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    root = tmp_path / "checkout"
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    (root / "file").write_text(TEXT)
    commit(root)
    return root


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A program that leaves a mark beside itself, and passes its input on."""
    path = tmp_path / "program"
    path.write_text(f"#!/bin/sh\n: > '{tmp_path / 'ran'}'\ncat\n")
    path.chmod(0o755)
    return path


def ran(program: Path) -> bool:
    return program.with_name("ran").exists()


def touch(path: Path) -> None:
    """Make git read a file again whose content is the same."""
    os.utime(path, (1, 1))


def _object(root: Path, name: str) -> Path:
    found = git(root, "rev-parse", name)
    return root / ".git" / "objects" / found[:2] / found[2:]


def _remove_commit(root: Path) -> None:
    _object(root, "HEAD").unlink()


def _remove_tree(root: Path) -> None:
    _object(root, "HEAD^{tree}").unlink()


def _corrupt_commit(root: Path) -> None:
    path = _object(root, "HEAD")
    path.chmod(0o644)
    path.write_bytes(b"nothing that inflates")


def _break_branch(root: Path) -> None:
    (root / ".git/refs/heads/main").write_text("garbage\n")


def _remove_head(root: Path) -> None:
    (root / ".git/HEAD").unlink()


def _empty_repository(root: Path) -> None:
    (root / ".git").rename(root.parent / "moved")
    (root / ".git").mkdir()


def _gitfile_to_nowhere(root: Path) -> None:
    (root / ".git").rename(root.parent / "moved")
    (root / ".git").write_text("gitdir: nowhere\n")


def _dangling_link(root: Path) -> None:
    (root / ".git").rename(root.parent / "moved")
    (root / ".git").symlink_to("nowhere")


def _break_config(root: Path) -> None:
    (root / ".git/config").write_text("[core\n")


def _break_index(root: Path) -> None:
    (root / ".git/index").write_bytes(b"DIRC")


def _other_worktree(root: Path) -> None:
    (root.parent / "other").mkdir()
    git(root, "config", "core.worktree", str(root.parent / "other"))


ERRORS: dict[str, Callable[[Path], None]] = {
    "missing commit": _remove_commit,
    "missing tree": _remove_tree,
    "corrupt commit": _corrupt_commit,
    "broken branch": _break_branch,
    "no HEAD": _remove_head,
    "empty .git": _empty_repository,
    "a gitfile that leads nowhere": _gitfile_to_nowhere,
    "a link that leads nowhere": _dangling_link,
    "broken configuration": _break_config,
    "broken index": _break_index,
    "another work tree": _other_worktree,
}


@pytest.mark.parametrize("damage", ERRORS.values(), ids=ERRORS)
def test_an_error_of_git_is_not_examined_and_never_no_repository(
    checkout: Path, damage: Callable[[Path], None]
) -> None:
    damage(checkout)
    with pytest.raises(UnavailableError):
        (read_state(checkout), read_changes(checkout))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to another user")
def test_dubious_ownership_is_not_examined(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(checkout.parent))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    os.chown(checkout, 12345, 12345)
    os.chown(checkout / ".git", 12345, 12345)
    for read in (read_state, remote_of):
        with pytest.raises(UnavailableError, match="dubious ownership"):
            read(checkout)


def test_without_a_repository_or_a_commit_the_project_is_not_under_git(tmp_path: Path) -> None:
    assert read_state(tmp_path) is None
    assert remote_of(tmp_path) is None
    git(tmp_path, "init", "-q")
    assert read_state(tmp_path) is None
    assert remote_of(tmp_path) == ""


@pytest.mark.parametrize("is_left", [True, False])
def test_an_empty_branch_of_a_repository_that_has_commits_is_not_examined(checkout: Path, is_left: bool) -> None:
    git(checkout, "checkout", "-q", "--orphan", "other")
    if not is_left:
        git(checkout, "branch", "-q", "-D", "main")
    with pytest.raises(UnavailableError, match="that has commits"):
        read_state(checkout)


def test_a_filter_that_cannot_be_switched_off_is_not_run(checkout: Path, program: Path) -> None:
    (checkout / ".gitattributes").write_text("file filter=a=b\n")
    commit(checkout)
    git(checkout, "config", "filter.a=b.clean", str(program))
    touch(checkout / "file")
    with pytest.raises(UnavailableError, match="'a=b' cannot be switched off"):
        read_changes(checkout)
    assert not ran(program)


def test_a_bare_repository_among_the_files_is_never_used(checkout: Path, program: Path) -> None:
    inner = checkout / "vendor" / "thing"
    inner.mkdir(parents=True)
    git(inner, "init", "-q", "--bare", ".")
    with (inner / "config").open("a") as config:
        config.write(
            f'[core]\n\tbare = false\n\tworktree = .\n\tfsmonitor = {program}\n[filter "x"]\n\tclean = {program}\n'
        )
    (inner / ".gitattributes").write_text("* filter=x\n")
    (inner / "refs/keep").write_text("")
    (inner / "objects/keep").write_text("")
    (inner / "file").write_text(TEXT)
    commit(checkout)
    subprocess.run(
        ["git", "--git-dir", ".", "--work-tree", ".", "add", "file"], cwd=inner, check=True, capture_output=True
    )
    program.with_name("ran").unlink()
    touch(inner / "file")
    for folder in (inner, inner / "objects"):
        with pytest.raises(UnavailableError):
            read_state(folder)
        with pytest.raises(UnavailableError):
            remote_of(folder)
    assert read_state(checkout) is not None
    changed = {change.path for change in read_changes(checkout)}
    assert "vendor/thing/index" in changed
    assert "vendor/thing/file" not in changed
    assert not ran(program)


@pytest.mark.parametrize("key", ["clean", "process", "smudge"])
@pytest.mark.parametrize("name", ["x", "a.b c", "lfs"])
def test_a_filter_of_the_repository_is_not_run(checkout: Path, program: Path, key: str, name: str) -> None:
    (checkout / ".gitattributes").write_text("file filter=x\n" if " " in name else f"file filter={name}\n")
    commit(checkout)
    git(checkout, "config", f"filter.{name}.{key}", str(program))
    git(checkout, "config", f"filter.{name}.required", "true")
    touch(checkout / "file")
    assert read_changes(checkout) == ()
    assert not ran(program)
    (checkout / "file").write_text("other\n")
    assert [change.path for change in read_changes(checkout)] == ["file"]
    assert not ran(program)


def test_a_filter_of_a_submodule_is_not_run_and_its_changes_count(
    checkout: Path, program: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    git(tmp_path, "clone", "-q", str(checkout), str(other))
    git(checkout, "submodule", "add", "-q", str(other), "sub")
    commit(checkout)
    (checkout / ".git/modules/sub/info").mkdir(exist_ok=True)
    (checkout / ".git/modules/sub/info/attributes").write_text("* filter=x\n")
    git(checkout / "sub", "config", "filter.x.clean", str(program))
    git(checkout / "sub", "config", "core.fsmonitor", str(program))
    touch(checkout / "sub/file")
    changes = {change.path for change in read_changes(checkout)}
    assert changes == {"sub/.git/info/attributes"}  # which could hide changes
    (checkout / "sub/file").write_text("changed\n")
    assert {change.path for change in read_changes(checkout)} == {*changes, "sub/file"}
    assert not ran(program)


def test_a_promisor_remote_is_never_asked(checkout: Path, program: Path) -> None:
    source = checkout.parent / "source"
    git(checkout.parent, "clone", "-q", "--bare", str(checkout), str(source))
    state = read_state(checkout)
    assert state is not None
    _object(checkout, "HEAD:file").unlink()
    for key, value in {
        "core.repositoryFormatVersion": "1",
        "extensions.partialClone": "origin",
        "protocol.file.allow": "always",
        "protocol.allow": "always",
        "remote.origin.url": str(source),
        "remote.origin.promisor": "true",
        "remote.origin.uploadpack": str(program),
    }.items():
        git(checkout, "config", key, value)
    with BlobReader(checkout, state.commit) as blobs, pytest.raises(UnavailableError):
        blobs.read("file")
    _object(checkout, "HEAD^{tree}").unlink()
    for ask in (read_changes, tracked_files):
        with pytest.raises(UnavailableError):
            ask(checkout)
    assert not ran(program)


@pytest.mark.parametrize("hook", ["post-index-change", "fsmonitor-watchman", "reference-transaction"])
def test_no_hook_is_run(checkout: Path, program: Path, hook: str) -> None:
    program.rename(checkout / ".git/hooks" / hook)
    touch(checkout / "file")
    assert read_state(checkout) is not None
    assert read_changes(checkout) == ()
    assert not ran(program)
