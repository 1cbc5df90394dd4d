"""What differs from the commit: every way in which a file can, and every way in which git can be set to hide it."""

from __future__ import annotations

import hashlib
import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from ops.supply_chain.adapters.files.git_changes import read_changes
from ops.supply_chain.core.errors import UnavailableError
from tests.adapters.files.test_git import checkout, commit, git, touch

__all__ = ["checkout"]

ODD_NAMES = (
    ":(top)x",
    "*.py",
    "[a]",
    "new\nline",
    " lead",
    "trail ",
    "\u202egpj.exe",
    "-n",
    "!neg",
    "#c",
    os.fsdecode(b"\xff"),
)


def changes(root: Path, *outputs: str) -> dict[str, str]:
    found = read_changes(root, outputs=[root / output for output in outputs])
    assert list(found) == sorted(found)
    return {change.path: change.reason for change in found}


def add(root: Path, path: str, text: str = "new\n") -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text)


def test_a_clean_folder_has_no_changes(checkout: Path) -> None:
    assert changes(checkout) == {}


def test_files_and_folders_that_the_pipeline_writes_are_left_out(checkout: Path) -> None:
    for path in ("out/a/b", "out.txt", "outside", "out.txt-wal/x"):
        add(checkout, path)
    assert changes(checkout, "out", "out.txt").keys() == {"outside", "out.txt-wal/x"}


def _edit(root: Path) -> None:
    add(root, "file")


def _edit_in_the_same_second(root: Path) -> None:
    state = (root / "file").stat()
    add(root, "file", "fIrst\n")
    os.utime(root / "file", ns=(state.st_atime_ns, state.st_mtime_ns))


def _stage(root: Path) -> None:
    add(root, "file")
    git(root, "add", "file")


def _mode(root: Path) -> None:
    git(root, "config", "core.fileMode", "false")
    (root / "file").chmod(0o755)


def _link(root: Path) -> None:
    git(root, "config", "core.symlinks", "false")
    (root / "link").symlink_to("file")
    git(root, "-c", "core.symlinks=true", "add", "link")
    git(root, "commit", "-qm", "x")
    (root / "link").unlink()
    (root / "link").write_text("file")


def _line_ends(root: Path) -> None:
    git(root, "config", "core.autocrlf", "input")
    (root / "file").write_bytes(b"first\r\n")


def _assume_unchanged(root: Path) -> None:
    git(root, "update-index", "--assume-unchanged", "file")
    add(root, "file")


def _skip_worktree(root: Path) -> None:
    git(root, "update-index", "--skip-worktree", "file")
    add(root, "file")


def _status_settings(root: Path) -> None:
    git(root, "config", "status.showUntrackedFiles", "no")
    git(root, "config", "diff.ignoreSubmodules", "all")
    add(root, "new")


def _exclude(root: Path) -> None:
    (root / ".git/info/exclude").write_text("new\n")
    add(root, "new")


def _excludes_file(root: Path) -> None:
    (root.parent / "ignore").write_text("new\n")
    git(root, "config", "core.excludesFile", str(root.parent / "ignore"))
    add(root, "new")


def _own_ignore(root: Path) -> None:
    add(root, "new/.gitignore", "*\n")
    add(root, "new/__init__.py")


def _ignore_beside_tracked_files(root: Path) -> None:
    add(root, ".gitignore", "new\n.gitignore\n")
    add(root, "new")


def _edited_ignore(root: Path) -> None:
    add(root, ".gitignore", "x\n")
    commit(root)
    add(root, ".gitignore", "new\n")
    add(root, "new")


def _attributes(root: Path) -> None:
    add(root, ".git/info/attributes", "# c\n* ident\n")


def _configuration(root: Path) -> None:
    add(root, ".git/info/exclude", "/.security-config.toml\n")
    add(root, ".security-config.toml")


def _repository(root: Path) -> None:
    add(root, "inner/file")
    git(root / "inner", "init", "-q")


CHANGES: dict[str, tuple[Callable[[Path], None], dict[str, str]]] = {
    "edited": (_edit, {"file": "modified"}),
    "edited with the same size and time": (_edit_in_the_same_second, {"file": "modified"}),
    "staged": (_stage, {"file": "modified"}),
    "deleted": (lambda root: (root / "file").unlink(), {"file": "deleted"}),
    "mode": (_mode, {"file": "modified"}),
    "a link that became a file": (_link, {"link": "changed its kind"}),
    "line ends": (_line_ends, {"file": "modified"}),
    "assume-unchanged": (_assume_unchanged, {"file": "git is set not to check it (assume-unchanged)"}),
    "skip-worktree": (_skip_worktree, {"file": "git is set not to check it (skip-worktree)"}),
    "untracked": (lambda root: add(root, "new"), {"new": "not tracked"}),
    "untracked folder": (lambda root: add(root, "new/deep/er"), {"new/deep/er": "not tracked"}),
    "untracked, not shown": (_status_settings, {"new": "not tracked"}),
    "info/exclude": (_exclude, {"new": "not tracked, and ignored only by .git/info/exclude"}),
    "excludesFile": (_excludes_file, {"new": "not tracked, and ignored only by PARENT/ignore"}),
    "a folder that ignores itself": (_own_ignore, {"new/": "not tracked, and ignored only by new/.gitignore"}),
    "a .gitignore that ignores itself": (
        _ignore_beside_tracked_files,
        {"new": "not tracked, and ignored only by .gitignore"},
    ),
    "an edited .gitignore": (_edited_ignore, {".gitignore": "modified"}),
    "attributes of the clone": (
        _attributes,
        {".git/info/attributes": "attributes of this clone alone can hide changes"},
    ),
    "an excluded configuration": (
        _configuration,
        {".security-config.toml": "not tracked, and ignored only by .git/info/exclude"},
    ),
    "a repository inside": (_repository, {"inner/": "not tracked"}),
}


@pytest.mark.parametrize(("change", "expected"), CHANGES.values(), ids=CHANGES)
def test_a_change_is_named(checkout: Path, change: Callable[[Path], None], expected: dict[str, str]) -> None:
    change(checkout)
    found = {path: reason.replace(str(checkout.parent), "PARENT") for path, reason in changes(checkout).items()}
    assert found == expected


def test_what_the_commit_ignores_and_what_tools_leave_is_no_change(checkout: Path) -> None:
    add(checkout, ".gitignore", "*.pyc\n/dist/\n!/kept.pyc\n")
    commit(checkout)
    for path in ("dist/a", "x.pyc", "only/__pycache__/y.pyc"):
        add(checkout, path)
    add(checkout, ".venv/.gitignore", "*\n")
    add(checkout, ".venv/bin/python")
    add(checkout, ".idea/x")
    add(checkout, ".git/info/exclude", ".idea\n")
    assert changes(checkout) == {}
    add(checkout, "kept.pyc")
    assert changes(checkout) == {"kept.pyc": "not tracked"}


@pytest.mark.parametrize("flags", [["--skip-worktree"], ["--skip-worktree", "--assume-unchanged"]])
def test_a_file_that_is_not_checked_out_is_named(checkout: Path, flags: list[str]) -> None:
    for flag in flags:
        git(checkout, "update-index", flag, "file")
    (checkout / "file").unlink()
    assert changes(checkout) == {"file": "not checked out (skip-worktree, or a sparse checkout)"}


BYTES = "its bytes are not those that a checkout writes, although git sees no change"
POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize 4\n"
SAME_TO_GIT: dict[str, tuple[str, str, str]] = {
    "line ends": ("* text=auto", "x = 1\n", "x = 1\r\n"),
    "line ends of one kind of file": ("file text eol=lf", "x = 1\n", "x = 1\r\n"),
    "the text of $Id$": ("file ident", 'x = "$Id$"\n', 'x = "$Id: "; import os #$"\n'),
    "a filter of the clone": ("file filter=x", "x = 1\n", "x = 2\n"),
    "another content than a pointer names": ("file filter=x", POINTER.format("0" * 64), "x = 2\n"),
}


@pytest.mark.parametrize("case", SAME_TO_GIT)
def test_other_bytes_that_are_the_same_to_git_are_named(checkout: Path, case: str) -> None:
    attributes, committed, changed = SAME_TO_GIT[case]
    add(checkout, ".gitattributes", f"{attributes}\n")
    add(checkout, "file", committed)
    commit(checkout)
    (checkout / "file").write_bytes(changed.encode())
    touch(checkout / "file")  # so that git has no reason to read it again
    if "filter" in attributes:
        git(checkout, "config", "filter.x.clean", "git cat-file blob HEAD:file")
    git(checkout, "add", "-A")
    assert git(checkout, "status", "--porcelain") == ""
    assert changes(checkout) == {"file": BYTES}


def test_a_checkout_with_line_ends_of_its_own_and_the_content_of_a_pointer_are_as_committed(checkout: Path) -> None:
    content = b"data"
    pointer = POINTER.format(hashlib.sha256(content).hexdigest())
    add(checkout, ".gitattributes", "file text eol=crlf\nlarge filter=lfs\n")
    add(checkout, "large", pointer)
    commit(checkout)
    (checkout / "file").unlink()
    git(checkout, "checkout", "file")
    assert (checkout / "file").read_bytes() == b"first\r\n"
    (checkout / "large").write_bytes(content)
    touch(checkout / "large")
    git(checkout, "config", "filter.lfs.clean", f"printf '{pointer}'".replace("\n", "\\n"))
    git(checkout, "add", "-A")
    assert changes(checkout) == {}


def test_files_in_a_submodule_that_is_not_checked_out_are_named(checkout: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    git(other, "init", "-q", "-b", "main")
    add(other, "part")
    commit(other)
    git(checkout, "submodule", "add", "-q", str(other), "sub")
    commit(checkout)
    git(checkout, "submodule", "deinit", "-q", "-f", "sub")
    assert changes(checkout) == {}
    add(checkout, "sub/deep/evil.py")
    assert changes(checkout) == {"sub/deep/evil.py": "is in a submodule that is not checked out"}
    (checkout / "sub/.git").mkdir()
    with pytest.raises(UnavailableError, match=r"not a repository"):
        read_changes(checkout)


def test_what_the_pipeline_writes_is_no_change_but_the_project_is_no_output(checkout: Path) -> None:
    for path in ("dist/a", "data/artifacts/b", "data/c"):
        add(checkout, path)
    assert changes(checkout, "dist", "data/artifacts") == {"data/c": "not tracked"}
    assert set(changes(checkout, ".", "..")) == {"dist/a", "data/artifacts/b", "data/c"}


def test_a_folder_inside_a_repository_has_its_own_changes_and_the_ignores_above_it(checkout: Path) -> None:
    add(checkout, "inner/file")
    add(checkout, ".gitignore", "ignored\n")
    commit(checkout)
    add(checkout, "other")
    add(checkout, "inner/ignored")
    assert changes(checkout / "inner") == {}
    add(checkout, "inner/file", "changed\n")
    add(checkout, ".gitignore", "ignored\n# changed\n")
    assert changes(checkout / "inner") == {"file": "modified", "../.gitignore": "modified"}


def test_touching_a_file_changes_nothing(checkout: Path) -> None:
    touch(checkout / "file")
    assert changes(checkout) == {}


def test_an_empty_folder_of_a_repository_is_an_error(checkout: Path) -> None:
    (checkout / ".git/HEAD").write_text("ref: refs/heads/none\n")
    with pytest.raises(UnavailableError):
        read_changes(checkout)


def test_any_set_of_new_files_is_named_and_nothing_else(checkout: Path) -> None:
    choose = random.Random(7)  # noqa: S311 - a seed, so that every run tries the same
    for _ in range(3):
        wanted = {
            f"{choose.choice(('', 'a/', 'a/b/', '[c]/'))}{name}"
            for name in choose.sample(ODD_NAMES, choose.randint(1, 6))
        }
        for path in wanted:
            add(checkout, path)
        assert changes(checkout) == dict.fromkeys(wanted, "not tracked")
        for path in wanted:
            (checkout / path).unlink()
