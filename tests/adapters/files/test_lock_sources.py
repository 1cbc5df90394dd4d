from __future__ import annotations

from pathlib import Path

import pytest

from ops.supply_chain.adapters.files.lock_sources import inside, list_files, matches, read_text
from ops.supply_chain.core.errors import InputError, UsageError


def make(root: Path, *paths: str) -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(path)


def test_sources_and_locks_are_listed_and_made_things_are_not(tmp_path: Path) -> None:
    kept = ["a/requirements.in", "a/requirements.txt", "pyproject.toml", "requirements.in"]
    make(tmp_path, *kept, "a/code.py", ".git/x.in", ".nox/requirements.in", "node_modules/requirements.in")
    make(tmp_path, "own/pyvenv.cfg", "own/requirements.in", "build/requirements.in", "data/requirements.in")
    (tmp_path / "link").symlink_to(tmp_path / "a")
    assert list_files(tmp_path, ["data/**"]) == tuple(kept)


GLOBS = {
    "a folder": ("data/x/r.txt", "data", True),
    "a folder with a slash": ("data/x/r.txt", "data/", True),
    "all below": ("data/x/r.txt", "data/**", True),
    "not the folder's namesake": ("database/r.txt", "data", False),
    "star stays in its folder": ("a/b/r.txt", "*/r.txt", False),
    "double star crosses": ("a/b/r.txt", "**/r.txt", True),
    "double star is also nothing": ("r.txt", "**/r.txt", True),
    "in the middle": ("a/b/c/r.txt", "a/**/r.txt", True),
    "a dot is a dot": ("rxtxt", "r.txt", False),
    "a question mark": ("r1.txt", "r?.txt", True),
}


@pytest.mark.parametrize(("path", "glob", "answer"), GLOBS.values(), ids=GLOBS)
def test_globs(path: str, glob: str, answer: bool) -> None:
    assert matches(path, [glob]) is answer


def test_what_cannot_be_read_is_an_input_error_and_what_is_not_there_is_none(tmp_path: Path) -> None:
    (tmp_path / "bom.in").write_bytes(b"\xef\xbb\xbfidna\r\n")
    assert read_text(tmp_path, "bom.in") == "idna\r\n"
    assert read_text(tmp_path, "gone.in") is None
    assert read_text(tmp_path, "bom.in/deeper.in") is None
    (tmp_path / "latin.in").write_bytes(b"# \xe9\n")
    make(tmp_path, "outside.in", "project/requirements.in")
    with pytest.raises(InputError, match=r"\.\./outside\.in:1: expected a file of the project"):
        read_text(tmp_path / "project", "../outside.in")
    with pytest.raises(InputError, match=r"latin\.in:\d+: expected UTF-8, found byte 0x"):
        read_text(tmp_path, "latin.in")


def test_a_path_is_of_the_project_or_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "project"
    make(root, "a/requirements.in")
    make(tmp_path, "outside.in")
    monkeypatch.chdir(root / "a")
    assert inside(root, Path("a")) == "a"
    assert inside(root, Path("requirements.in")) == "a/requirements.in"
    assert inside(root, root) == ""
    for given in ("gone", "../../outside.in", "/"):
        with pytest.raises(UsageError, match="is no file or folder of the project"):
            inside(root, Path(given))
