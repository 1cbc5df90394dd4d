"""A clean export: the files of the commit and no others, with the conditions of one build."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from ops.supply_chain.adapters.builders.export import copy_source, export_commit, set_conditions
from ops.supply_chain.adapters.files.git import GitState, read_state


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "repository" / "project"
    (root / "sub").mkdir(parents=True)
    (root / "sub" / "run.sh").write_text("run")
    (root / "sub" / "run.sh").chmod(0o755)
    (root / "plain").write_bytes(b"a\r\nb\n")
    (root / "link").symlink_to("sub/run.sh")
    (root / "out").symlink_to("/etc/passwd")
    (root / ".gitattributes").write_text("plain text eol=lf\nsub export-ignore\n")
    (root.parent / "above").write_text("x")
    for words in ("init -q", "add -A", "-c user.name=a -c user.email=a@b commit -qm x", "tag v1.0"):
        subprocess.run(["git", *words.split()], cwd=root.parent, check=True)
    (root / ".env").write_text("TOKEN=x")
    (root / "plain").write_text("changed")
    return root


def state_of(root: Path) -> GitState:
    state = read_state(root)
    assert state is not None
    return state


def test_the_export_has_the_files_of_the_commit_byte_by_byte(project: Path, tmp_path: Path) -> None:
    target = tmp_path / "export"
    assert export_commit(project, state_of(project), target, history=False) == (target,)
    names = sorted(path.relative_to(target).as_posix() for path in target.rglob("*"))
    assert names == [".gitattributes", "link", "plain", "sub", "sub/run.sh"]
    assert (target / "link").readlink() == Path("sub/run.sh")
    assert (target / "sub/run.sh").stat().st_mode & 0o777 == 0o755
    assert b"changed" not in (target / "plain").read_bytes()


def test_each_build_has_an_export_of_its_own(project: Path, tmp_path: Path) -> None:
    for history in (False, True):
        one, other = export_commit(
            project, state_of(project), tmp_path / f"a{history}", tmp_path / f"b{history}", history=history
        )
        assert (one / "plain").read_bytes() == (other / "plain").read_bytes()
        assert (other / "link").readlink() == Path("sub/run.sh")
        (one / "plain").write_text("changed by a build")
        assert (other / "plain").read_bytes() != (one / "plain").read_bytes()


def test_with_history_the_repository_is_there_too(project: Path, tmp_path: Path) -> None:
    (folder,) = export_commit(project, state_of(project), tmp_path / "export", history=True)
    assert folder == tmp_path / "export" / "project"
    assert (tmp_path / "export" / "above").exists()
    assert not (folder / ".env").exists()
    tags = subprocess.run(["git", "tag"], cwd=folder, check=True, capture_output=True, text=True).stdout
    assert tags == "v1.0\n"


def test_outside_git_the_folder_is_copied_as_it_is(project: Path, tmp_path: Path) -> None:
    copy_source(project, None, tmp_path / "copy")
    assert (tmp_path / "copy" / "plain").read_text() == "changed"
    assert not (tmp_path / "copy" / ".env").exists()


def test_conditions_reach_every_file_and_folder_and_no_target_of_a_link(project: Path, tmp_path: Path) -> None:
    (target,) = export_commit(project, state_of(project), tmp_path / "export", history=False)
    outside = tmp_path / "outside"
    outside.write_text("x")
    outside.chmod(0o644)
    (target / "leads").symlink_to(outside)
    set_conditions(target, mtime=1_000_000, umask=0o077, uid=None)
    for path in [target, *target.rglob("*")]:
        status = path.lstat()
        assert status.st_mtime == 1_000_000
        if not path.is_symlink():
            assert status.st_mode & 0o077 == 0
            assert os.access(path, os.R_OK)
    assert (target / "sub/run.sh").stat().st_mode & 0o777 == 0o700
    assert outside.stat().st_mode & 0o777 == 0o644
    assert outside.stat().st_mtime != 1_000_000
