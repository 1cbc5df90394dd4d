"""A commit as a folder: git's own bytes, nothing outside the folder, nothing run; every path written or named."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from ops.supply_chain.adapters.files import git_export
from ops.supply_chain.adapters.files.git import index_entries, read_state
from ops.supply_chain.adapters.files.git_export import export, files_by_object, list_tree
from ops.supply_chain.core.errors import UnavailableError
from tests.adapters.files.test_git import commit, git


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    root = tmp_path / "checkout"
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    (root / "a.txt").write_bytes(b"one\r\ntwo\n")
    (root / "folder").mkdir()
    (root / "folder/b.sh").write_text("#!/bin/sh\n")
    (root / "folder/b.sh").chmod(0o755)
    (root / "link").symlink_to("a.txt")
    (root / "out").symlink_to("/etc/passwd")
    commit(root)
    return root


def head(root: Path) -> str:
    return git(root, "rev-parse", "HEAD")


def raw_tree(root: Path, *rows: tuple[str, bytes, str]) -> str:
    """Commit a tree that git itself would not make: (mode, name, object)."""
    data = b"".join(mode.encode() + b" " + name + b"\0" + bytes.fromhex(object_) for mode, name, object_ in rows)
    words = ["git", "-C", str(root), "hash-object", "-t", "tree", "-w", "--stdin", "--literally"]
    tree = subprocess.run(words, input=data, check=True, capture_output=True).stdout.decode().strip()
    return git(root, "commit-tree", "-m", "x", tree)


def test_a_commit_is_written_as_git_has_it(checkout: Path, tmp_path: Path) -> None:
    found = export(checkout, head(checkout), tmp_path / "copy/thing")
    root = found.root
    assert (root / "a.txt").read_bytes() == b"one\r\ntwo\n"
    assert [str((root / name).readlink()) for name in ("link", "out")] == ["a.txt", "/etc/passwd"]
    assert list(found.entries) == ["a.txt", "folder/b.sh", "link", "out"]
    assert found.left_out == {}
    assert [entry.path for entry in index_entries(root) or ()] == list(found.entries)
    assert read_state(root) is None


def test_no_attribute_filter_or_setting_takes_part(checkout: Path, tmp_path: Path) -> None:
    (checkout / ".gitattributes").write_text("a.txt filter=evil ident eol=lf export-ignore\n")
    commit(checkout)
    git(checkout, "config", "filter.evil.smudge", f"touch {tmp_path}/ran")
    git(checkout, "config", "core.autocrlf", "true")
    found = export(checkout, head(checkout), tmp_path / "copy")
    assert (found.root / "a.txt").read_bytes() == git_bytes(checkout, "HEAD:a.txt")
    assert not (tmp_path / "ran").exists()


def git_bytes(root: Path, name: str) -> bytes:
    return subprocess.run(["git", "-C", str(root), "cat-file", "blob", name], check=True, capture_output=True).stdout


def test_equal_files_of_two_commits_are_stored_once(checkout: Path, tmp_path: Path) -> None:
    first = export(checkout, head(checkout), tmp_path / "first")
    (checkout / "a.txt").write_text("three")
    commit(checkout)
    second = export(checkout, head(checkout), tmp_path / "second", known=files_by_object(first))
    assert second.differing(first) == {"a.txt"}
    assert (second.root / "folder/b.sh").samefile(first.root / "folder/b.sh")
    assert ((first.root / "a.txt").read_bytes(), (second.root / "a.txt").read_text()) == (b"one\r\ntwo\n", "three")


HOSTILE = {
    "above": b"..",
    "git": b".git",
    "git in capitals": b".GIT",
    "a control character": b"a\nb",
    "not UTF-8": b"a\xff",
    "a backslash": b"a\\b",
    "a path in a name": b"x/../../../escaped",
    "too long": b"x" * 300,
}


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_name_is_named_and_not_written(checkout: Path, tmp_path: Path, name: bytes) -> None:
    blob = git(checkout, "rev-parse", "HEAD:a.txt")
    made = raw_tree(checkout, ("100644", name, blob), ("100644", b"plain", blob))
    found = export(checkout, made, tmp_path / "deep/er/copy")
    assert list(found.left_out) == [os.fsdecode(name)]
    assert sorted(path.name for path in found.root.iterdir()) == [".git", "plain"]
    assert not list(tmp_path.rglob("escaped"))
    assert [entry.path for entry in index_entries(found.root) or ()] == ["plain"]


def test_a_link_and_a_folder_of_one_name_do_not_lead_out(checkout: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (checkout / "lead").symlink_to(outside)
    commit(checkout)
    blob, link = git(checkout, "rev-parse", "HEAD:a.txt"), git(checkout, "rev-parse", "HEAD:lead")
    inner = git(checkout, "rev-parse", f"{raw_tree(checkout, ('100644', b'stolen', blob))}^{{tree}}")
    made = raw_tree(checkout, ("120000", b"lead", link), ("40000", b"lead", inner))
    found = export(checkout, made, tmp_path / "copy")
    assert list(outside.iterdir()) == []
    assert "lead" in found.left_out


def test_a_submodule_is_listed_and_empty(checkout: Path, tmp_path: Path) -> None:
    made = raw_tree(checkout, ("160000", b"inner", head(checkout)))
    found = export(checkout, made, tmp_path / "copy")
    [entry] = index_entries(found.root) or ()
    assert (entry.path, entry.is_submodule) == ("inner", True)


def test_a_large_file_is_a_hole_of_its_size(checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(git_export, "LARGEST_FILE_BYTES", 8)
    found = export(checkout, head(checkout), tmp_path / "copy")
    assert (found.root / "a.txt").read_bytes() == b"\0" * 9


def test_a_missing_object_is_not_examined(checkout: Path, tmp_path: Path) -> None:
    blob = git(checkout, "rev-parse", "HEAD:a.txt")
    (checkout / ".git/objects" / blob[:2] / blob[2:]).unlink()
    with pytest.raises(UnavailableError, match=r"git (?:ls-tree|cat-file)"):
        export(checkout, head(checkout), tmp_path / "copy")


def test_a_folder_that_cannot_be_written_is_not_examined(checkout: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UnavailableError, match="a temporary copy"):
        export(checkout, head(checkout), tmp_path / "file/copy")


def test_a_folder_that_was_not_there_is_empty(checkout: Path) -> None:
    (checkout / "new").mkdir()
    assert list_tree(checkout / "new", head(checkout)) == {}
