"""The source of a project: the commit under git, the walked folder outside, links only where they stay inside."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from ops.supply_chain.adapters.files.git import read_state
from ops.supply_chain.adapters.files.git_blobs import BlobReader
from ops.supply_chain.adapters.files.source_tree import open_source, stays_inside
from ops.supply_chain.core.errors import InputError, UnavailableError


def git(folder: Path, *arguments: str) -> str:
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    done = subprocess.run(
        ["git", *identity, *arguments], cwd=folder, env=environment, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    (root / "pkg").mkdir(parents=True)
    (root / "pkg" / "module.py").write_bytes(b"x = 1\r\n")
    (root / "run me.sh").write_bytes(b"#!/bin/sh\n")
    (root / "run me.sh").chmod(0o755)
    (root / "pkg" / "up").symlink_to("../run me.sh")
    (root / "pkg" / "out").symlink_to("../../secret")
    (root / ".gitattributes").write_text("pkg export-ignore\n* text eol=lf\n")
    return root


def listed(root: Path, *, outputs: tuple[Path, ...] = ()) -> dict[str, tuple[bytes, bool, str]]:
    with open_source(root, read_state(root), outputs=outputs) as found:
        assert list(found.left_out) == ["pkg/out"]
        return {one.path: (b"" if one.link else one.load(), one.executable, one.link) for one in found.files}


def test_under_git_it_is_the_commit_byte_for_byte(tree: Path) -> None:
    git(tree, "init", "-q")
    git(tree, "-c", "core.autocrlf=false", "add", "-A")
    git(tree, "commit", "-qm", "one")
    committed = git(tree, "cat-file", "blob", "HEAD:pkg/module.py").encode()
    (tree / "run me.sh").write_text("changed after the commit")
    (tree / "untracked").write_text("untracked")
    found = listed(tree)
    assert found == {
        ".gitattributes": (b"pkg export-ignore\n* text eol=lf\n", False, ""),
        "pkg/module.py": (committed + b"\n", False, ""),
        "pkg/up": (b"", False, "../run me.sh"),
        "run me.sh": (b"#!/bin/sh\n", True, ""),
    }


def test_a_folder_of_a_repository_is_its_own_tree(tree: Path) -> None:
    top = tree.parent
    git(top, "init", "-q")
    git(top, "add", "-A")
    git(top, "commit", "-qm", "one")
    assert set(listed(tree)) == {".gitattributes", "pkg/module.py", "pkg/up", "run me.sh"}


def test_outside_git_it_is_the_folder_without_what_is_not_source(tree: Path) -> None:
    for name in (
        ".env",
        ".netrc",
        "server.key",
        "id_rsa",
        "pkg/__pycache__/m.pyc",
        "pkg/cached.pyc",
        "node_modules/x/index.js",
        "my-env/pyvenv.cfg",
        "my-env/lib/x.py",
        "a.egg-info/PKG-INFO",
        "out/sbom/x.json",
        "out.sqlite",
        "notes~",
    ):
        path = tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    found = listed(tree, outputs=(tree / "out", tree / "out.sqlite"))
    assert found == {
        ".gitattributes": (b"pkg export-ignore\n* text eol=lf\n", False, ""),
        "pkg/module.py": (b"x = 1\r\n", False, ""),
        "pkg/up": (b"", False, "../run me.sh"),
        "run me.sh": (b"#!/bin/sh\n", True, ""),
    }


def test_a_linked_folder_is_a_link_and_is_not_entered(tree: Path) -> None:
    (tree / "alias").symlink_to("pkg", target_is_directory=True)
    assert listed(tree)["alias"] == (b"", False, "pkg")


@pytest.mark.parametrize("name", ["a\nb", "a\x1bb", "a\\b"])
def test_a_name_that_no_archive_should_hold_is_refused(tree: Path, name: str) -> None:
    (tree / name).write_text("x")
    with pytest.raises(InputError) as caught, open_source(tree, None):
        pass
    assert caught.value.message == f"{name!r}: a file name that cannot be stored in an archive"


INSIDE = [("a", "b"), ("d/a", "../b"), ("d/e/a", "../../b"), ("d/a", "b/c"), ("d/a", "."), ("d/a", ".."), ("a", "d//b")]
OUTSIDE = [
    ("a", ".."),
    ("a", "../b"),
    ("d/a", "../../b"),
    ("a", "/etc/passwd"),
    ("a", ""),
    ("d/a", "b/../c"),
    ("d/e/a", "x/../../../../y"),
    ("a", "b\nc"),
    ("a", "..\\b"),
]


@pytest.mark.parametrize(
    ("path", "target", "inside"), [(*one, True) for one in INSIDE] + [(*one, False) for one in OUTSIDE]
)
def test_whether_a_link_stays_inside(path: str, target: str, inside: bool) -> None:
    assert stays_inside(path, target) is inside


def test_a_blob_that_is_not_there_is_unavailable(tree: Path) -> None:
    git(tree, "init", "-q")
    git(tree, "add", "-A")
    git(tree, "commit", "-qm", "one")
    commit = git(tree, "rev-parse", "HEAD")
    with BlobReader(tree, commit) as blobs:
        with pytest.raises(UnavailableError) as caught:
            blobs.read("nothing")
        assert caught.value.message == f"git cat-file: no answer for 'nothing' at {commit}: not a file there"
        with pytest.raises(UnavailableError):
            blobs.read("pkg")
        assert blobs.read("run me.sh") == b"#!/bin/sh\n"
        blobs._process.kill()
        blobs._process.wait()
        with pytest.raises(UnavailableError):
            blobs.read("run me.sh")
