"""Folders that are whole or not there, and reading that follows nothing it should not."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from ops.supply_chain.adapters.files.folders import (
    Measured,
    building,
    copy_measured,
    empty,
    files_in,
    measure,
    plain_files,
    remove,
)
from ops.supply_chain.core.errors import InputError, OutputError


def test_a_file_is_measured_and_copied(tmp_path: Path) -> None:
    data = bytes(range(256)) * 9000
    (tmp_path / "a").write_bytes(data)
    (tmp_path / "a").chmod(0o600)
    expected = Measured(sha256=hashlib.sha256(data).hexdigest(), size=len(data))
    previous = os.umask(0o077)
    try:
        assert copy_measured(tmp_path / "a", tmp_path / "b") == measure(tmp_path / "a") == expected
    finally:
        os.umask(previous)
    assert (tmp_path / "b").read_bytes() == data
    assert (tmp_path / "b").stat().st_mode & 0o777 == 0o644


def test_a_copy_never_replaces(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("new")
    (tmp_path / "b").write_text("old")
    with pytest.raises(OutputError) as caught:
        copy_measured(tmp_path / "a", tmp_path / "b")
    assert caught.value.message == f"{tmp_path / 'b'}: cannot be written: File exists"
    assert (tmp_path / "b").read_text() == "old"


@pytest.mark.parametrize("kind", ["missing", "link", "folder"])
def test_only_plain_files_are_read(tmp_path: Path, kind: str) -> None:
    (tmp_path / "target").write_text("x")
    path = tmp_path / "path"
    if kind == "link":
        path.symlink_to("target")
    if kind == "folder":
        path.mkdir()
    with pytest.raises(InputError, match=r"path: cannot be read: "):
        measure(path)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert measure(tmp_path / "pipe").size == 0


def test_a_folder_appears_whole(tmp_path: Path) -> None:
    with building(tmp_path / "x" / "new", replace=False) as work:
        (work / "a").write_text("1")
        assert not (tmp_path / "x" / "new").exists()
        assert files_in(tmp_path / "x") == ()
    assert (tmp_path / "x" / "new" / "a").read_text() == "1"
    assert [path.name for path in (tmp_path / "x").iterdir()] == ["new"]
    assert (tmp_path / "x" / "new").stat().st_mode & 0o777 == 0o755


def test_an_error_leaves_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "a").write_text("old")

    def stop() -> None:
        with building(tmp_path / "old", replace=True) as work:
            (work / "a").write_text("new")
            raise InputError("stop")

    with pytest.raises(InputError, match=r"^stop$"):
        stop()
    assert (tmp_path / "old" / "a").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["old"]


def test_replacing_leaves_nothing_of_the_old(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "stale").write_text("old")
    with building(tmp_path / "x", replace=True) as work:
        (work / "fresh").write_text("new")
    assert files_in(tmp_path / "x") == ("fresh",)
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_without_leave_to_replace_the_old_stays(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    with pytest.raises(OutputError, match=r"x: is there already$"), building(tmp_path / "x", replace=False):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_a_link_in_place_of_the_target_is_never_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "x").symlink_to("elsewhere")
    with pytest.raises(OutputError, match=r"x: is there already$"), building(tmp_path / "x", replace=True) as work:
        (work / "a").write_text("1")
    assert files_in(tmp_path / "elsewhere") == ()


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX, where file names are bytes")
def test_a_name_that_no_document_could_hold_is_refused(tmp_path: Path) -> None:
    try:
        (tmp_path / os.fsdecode(b"bad\xff")).mkdir()
    except OSError:
        pytest.skip("needs a file system that takes names that are not UTF-8")
    with pytest.raises(InputError) as caught:
        files_in(tmp_path)
    assert caught.value.message == f"{tmp_path}: the name 'bad\\udcff' is not in UTF-8"


def test_leftovers_are_ignored_and_cleaned(tmp_path: Path) -> None:
    (tmp_path / ".tmp-killed").mkdir()
    (tmp_path / ".tmp-killed" / "half").write_text("x")
    (tmp_path / ".manifest.json.abc.tmp").write_text("x")
    assert files_in(tmp_path) == ()
    with building(tmp_path / "x", replace=False):
        pass
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x"]


def test_removing_and_emptying(tmp_path: Path) -> None:
    (tmp_path / "x" / "y").mkdir(parents=True)
    remove(tmp_path / "x")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "a").write_text("1")
    (tmp_path / "link").symlink_to("kept")
    empty(tmp_path / "link")
    empty(tmp_path / "nothing")
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]
    assert files_in(tmp_path / "kept") == ("a",)
    with pytest.raises(OutputError, match=r"nothing: cannot be removed: No such file or directory$"):
        remove(tmp_path / "nothing")


def test_listing_plain_files(tmp_path: Path) -> None:
    for name in ("a/2", "a/1", "a/.half.tmp", "a/sub/3", "b/4", "c"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    (tmp_path / "b" / "link").symlink_to("../a", target_is_directory=True)
    # A link is listed, so that measuring it is what refuses it: it must not go unseen.
    assert plain_files(tmp_path, ["b", "a", "none"], ["c", "d"]) == ("a/1", "a/2", "b/4", "b/link", "c")
