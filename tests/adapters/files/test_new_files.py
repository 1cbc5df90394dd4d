"""Files added to a folder: never over what is there, never through a link, whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ops.supply_chain.adapters.files.new_files import add_file, is_there, replace_file
from ops.supply_chain.core.errors import OutputError


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "root").mkdir()
    (tmp_path / "outside").mkdir()
    return tmp_path / "root"


def test_a_file_and_its_folders_are_made_and_nothing_else(root: Path) -> None:
    previous = os.umask(0o077)
    try:
        add_file(root, "a/b/c.yml", b"x")
    finally:
        os.umask(previous)
    assert [path.relative_to(root).as_posix() for path in sorted(root.rglob("*"))] == ["a", "a/b", "a/b/c.yml"]
    assert (root / "a/b/c.yml").read_bytes() == b"x"
    assert (root / "a/b/c.yml").stat().st_mode & 0o777 == 0o644


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def _file(root: Path) -> None:
    (root / "f").write_text("mine")


def _link(root: Path) -> None:
    (root / "f").symlink_to(root.parent / "outside" / "f")


def _folder(root: Path) -> None:
    (root / "f").mkdir()


@pytest.mark.parametrize("make", [_file, _link, _folder])
def test_what_is_there_is_left(root: Path, make: object) -> None:
    make(root)  # type: ignore[operator]
    before = names(root)
    assert is_there(root, "f")
    with pytest.raises(OutputError) as caught:
        add_file(root, "f", b"x")
    assert caught.value.described() == (
        "error: f: created during the run, not overwritten\n  next: Run again to see what is missing."
    )
    assert names(root) == before
    assert names(root.parent / "outside") == []
    assert not (root / "f").is_file() or (root / "f").read_text() == "mine"


def test_a_linked_folder_is_not_entered(root: Path) -> None:
    (root / ".github").symlink_to(root.parent / "outside")
    assert is_there(root, ".github/workflows/x.yml")
    with pytest.raises(OutputError) as caught:
        add_file(root, ".github/workflows/x.yml", b"x")
    assert caught.value.message.startswith(".github/workflows/x.yml: cannot be written: ")
    assert names(root.parent / "outside") == []


def test_a_file_in_place_of_a_folder_is_told(root: Path) -> None:
    (root / ".github").write_text("x")
    assert is_there(root, ".github/dependabot.yml")
    with pytest.raises(OutputError):
        add_file(root, ".github/dependabot.yml", b"x")
    assert not is_there(root, "other")


def test_a_replacement_keeps_the_mode(root: Path) -> None:
    (root / "f").write_bytes(b"old")
    (root / "f").chmod(0o600)
    replace_file(root, "f", old=b"old", new=b"new")
    assert (root / "f").read_bytes() == b"new"
    assert (root / "f").stat().st_mode & 0o777 == 0o600
    assert names(root) == ["f"]


def test_a_replacement_of_something_else_is_refused(root: Path) -> None:
    (root / "f").write_bytes(b"edited")
    with pytest.raises(OutputError) as caught:
        replace_file(root, "f", old=b"old", new=b"new")
    assert caught.value.described() == "error: f: changed during the run, not overwritten\n  next: Run again."
    (root / "f").unlink()
    (root.parent / "outside/f").write_bytes(b"old")
    (root / "f").symlink_to(root.parent / "outside/f")
    with pytest.raises(OutputError):
        replace_file(root, "f", old=b"old", new=b"new")
    assert (root.parent / "outside/f").read_bytes() == b"old"


def test_a_failed_write_leaves_nothing(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError) as caught:
        add_file(root, "f", b"x")
    assert caught.value.message == "f: cannot be written: No space left on device"
    assert names(root) == []
