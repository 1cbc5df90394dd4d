"""Name, version and moment of a project, from git, pyproject and the environment."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from ops.supply_chain.adapters.files.git import read_state, tracked_files
from ops.supply_chain.adapters.files.git_blobs import BlobReader
from ops.supply_chain.adapters.files.git_changes import read_changes
from ops.supply_chain.adapters.files.project import EARLIEST_EPOCH, describe
from ops.supply_chain.contracts.config.file import Config
from ops.supply_chain.core.errors import InputError, UsageError

EPOCH = 1_700_000_000


def _git(root: Path, *words: str) -> None:
    identity = ["-c", "user.name=T", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(
        ["git", "-C", str(root), *identity, *words],
        check=True,
        capture_output=True,
        env={
            "PATH": __import__("os").environ["PATH"],
            "GIT_AUTHOR_DATE": f"{EPOCH} +0100",
            "GIT_COMMITTER_DATE": f"{EPOCH} +0100",
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_CONFIG_SYSTEM": "/dev/null",
        },
    )


def _said(root: Path, *words: str) -> bytes:
    return subprocess.run(["git", "-C", str(root), *words], check=True, capture_output=True).stdout


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    root = tmp_path / "folder"
    root.mkdir()
    (root / "pyproject.toml").write_text('[project]\nname = "Thing"\nversion = "1.0"\nlicense = "MIT"\n')
    (root / "a b.txt").write_bytes(b"one\r\ntwo\n")
    _git(root, "init", "-q")
    _git(root, "add", "-A")
    _git(root, "commit", "-qm", "first")
    return root


def test_a_commit_gives_the_moment_and_a_tag_the_version(checkout: Path) -> None:
    _git(checkout, "tag", "v1.2.0")
    project = describe(checkout, Config())
    assert (project.name, project.version, project.version_source) == ("Thing", "v1.2.0", "tag")
    assert (project.epoch, project.epoch_source) == (EPOCH, "commit")


def test_two_tags_are_one_too_many(checkout: Path) -> None:
    _git(checkout, "tag", "v1")
    _git(checkout, "tag", "v2")
    with pytest.raises(UsageError) as caught:
        describe(checkout, Config())
    assert caught.value.message == "HEAD has 2 tags (v1, v2): which one is released?"


def test_no_program_of_the_repositorys_configuration_is_run(checkout: Path) -> None:
    ran = checkout.parent / "ran"
    program = checkout.parent / "program"
    program.write_text(f"#!/bin/sh\n: > '{ran}'\n")
    program.chmod(0o755)
    signature = "gpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----\n\n"
    plain = _said(checkout, "cat-file", "commit", "HEAD").replace(b"\n\n", b"\n" + signature.encode(), 1)
    signed = subprocess.run(
        ["git", "-C", str(checkout), "hash-object", "-t", "commit", "-w", "--stdin"],
        input=plain,
        capture_output=True,
        check=True,
    )
    _git(checkout, "reset", "-q", "--soft", signed.stdout.decode().strip())
    for key in ("core.fsmonitor", "gpg.program"):
        _git(checkout, "config", key, str(program))
    _git(checkout, "config", "log.showSignature", "true")
    assert read_state(checkout) is not None
    assert read_changes(checkout) == ()
    assert not ran.exists()


def committed(checkout: Path, path: str) -> bytes:
    """The bytes of a file at HEAD."""
    with BlobReader(checkout, _said(checkout, "rev-parse", "HEAD").decode().strip()) as reader:
        return reader.read(path)


def test_nothing_stands_in_for_a_file_of_the_commit(checkout: Path) -> None:
    (checkout / "other").write_bytes(b"evil")
    ours = _said(checkout, "rev-parse", "HEAD:a b.txt").decode().strip()
    theirs = _said(checkout, "hash-object", "-w", "other").decode().strip()
    _git(checkout, "replace", ours, theirs)
    assert committed(checkout, "a b.txt") == b"one\r\ntwo\n"


@pytest.mark.parametrize(
    ("files", "name", "package"),
    [
        ({"pyproject.toml": '[project]\nname = "Own.Name"\n[build-system]\n'}, "Own.Name", True),
        ({"pyproject.toml": '[project]\nname = "own"\n'}, "own", True),
        ({"pyproject.toml": '[project]\nname = "own"\n[tool.uv]\npackage = true\n'}, "own", True),
        ({"pyproject.toml": '[project]\nname = "own"\n[tool.uv]\n'}, "own", False),
        ({"pyproject.toml": '[project]\nname = "own"\n[build-system]\n[tool.uv]\npackage = false\n'}, "own", False),
        ({"pyproject.toml": '[tool.poetry]\nname = "own"\n'}, "own", True),
        ({"pyproject.toml": '[tool.poetry]\nname = "own"\npackage-mode = false\n'}, "own", False),
        ({"setup.cfg": "[metadata]\nname = own\n"}, "own", True),
        ({"setup.py": "raise SystemExit(1)\n"}, "Remote", True),
        ({"pyproject.toml": "[tool.ruff]\n"}, "Remote", False),
        ({}, "Remote", False),
    ],
)
def test_the_product_has_the_projects_own_name_before_the_remotes(
    tmp_path: Path, files: dict[str, str], name: str, package: bool
) -> None:
    root = tmp_path / "folder"
    root.mkdir()
    _git(root, "init", "-q")
    for path, text in files.items():
        (root / path).write_text(text)
    (root / "other").write_text("")
    _git(root, "add", "-A")
    _git(root, "commit", "-qm", "first")
    _git(root, "remote", "add", "origin", "https://example.org/owner/Remote.git")
    project = describe(root, Config(), version="1")
    assert (project.name, project.is_package) == (name, package)
    assert describe(root, Config(component_name="stated"), version="1").name == "stated"


@pytest.mark.parametrize("name", ["a\nb", "a\u202eb", "../a", " ", "a b", "x" * 5 + "\u0000"])
def test_a_name_that_no_file_can_have_is_refused_and_shown_escaped(tmp_path: Path, name: str) -> None:
    (tmp_path / "pyproject.toml").write_text(f"[project]\nname = {json.dumps(name)}\n")
    with pytest.raises(UsageError) as caught:
        describe(tmp_path, Config(), version="1")
    assert caught.value.message.isprintable()
    assert "component_name" in caught.value.hint


@pytest.mark.parametrize(
    ("tags", "stated", "version"),
    [
        (("v1.2",), "", "v1.2"),
        (("thing-v1.2",), "", "v1.2"),
        (("Thing==1.2",), "9", "1.2"),
        (("thing_1.2", "other-v3", "v4"), "9", "1.2"),
        (("v1.2", "1.2.0"), "", "v1.2"),
        (("latest",), "1.2", "1.2"),
        (("latest", "stable"), "1.2", "1.2"),
        (("latest",), "", "latest"),
        (("other-v3",), "1.2", "1.2"),
        ((), "1.2", "1.2"),
    ],
)
def test_the_version_is_that_of_the_tag_then_the_metadatas(
    tmp_path: Path, tags: tuple[str, ...], stated: str, version: str
) -> None:
    text = f'[project]\nname = "thing"\nversion = "{stated}"\n' if stated else '[project]\nname = "thing"\n'
    (tmp_path / "pyproject.toml").write_text(text)
    _git(tmp_path, "init", "-q")
    _git(tmp_path, "add", "-A")
    _git(tmp_path, "commit", "-qm", "first")
    for tag in tags:
        _git(tmp_path, "tag", tag)
    assert describe(tmp_path, Config()).version == version


@pytest.mark.parametrize("option", ["", "cli==0.4.40", "0.4.40", "thing-cli==0.4.40"])
def test_a_tag_may_begin_with_the_folder_of_a_project_in_a_monorepo(tmp_path: Path, option: str) -> None:
    folder = tmp_path / "libs" / "cli"
    folder.mkdir(parents=True)
    (folder / "pyproject.toml").write_text('[project]\nname = "thing-cli"\n')
    _git(tmp_path, "init", "-q")
    _git(tmp_path, "add", "-A")
    _git(tmp_path, "commit", "-qm", "first")
    for tag in ("cli==0.4.40", "other==2"):
        _git(tmp_path, "tag", tag)
    found = describe(folder, Config(), version=option)
    assert (found.version, found.tag_names) == ("0.4.40", ("thing-cli", "thing-cli", "cli"))


def test_a_tag_of_something_else_is_no_version(checkout: Path) -> None:
    (checkout / "pyproject.toml").write_text('[project]\nname = "Thing"\n')
    _git(checkout, "tag", "cli==0.4.40")
    with pytest.raises(UsageError) as caught:
        describe(checkout, Config())
    assert caught.value.described() == (
        "error: the tag at HEAD, cli==0.4.40, is no version, nor one of Thing\n  next: Give the version with --version."
    )


def test_the_remote_names_a_project_without_a_name_and_holds_no_credentials(checkout: Path) -> None:
    (checkout / "pyproject.toml").unlink()
    _git(checkout, "remote", "add", "OpenSecOps", "https://user:tok@example.org/Org/SOAR.git")
    project = describe(checkout, Config(), version="1")
    assert project.name == "SOAR"
    assert project.source is not None
    assert project.source.remote == "https://example.org/Org/SOAR.git"


def test_config_and_option_win(checkout: Path) -> None:
    project = describe(checkout, Config(component_name="other"), version="9")
    assert (project.name, project.version, project.version_source) == ("other", "9", "option")


def test_outside_git_the_moment_is_known_not_to_be_known(tmp_path: Path) -> None:
    project = describe(tmp_path, Config(), version="1")
    assert project.source is None
    assert (project.epoch, project.epoch_source) == (EARLIEST_EPOCH, "none")


def test_source_date_epoch_wins(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1600000000")
    assert describe(checkout, Config()).epoch == 1_600_000_000
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "soon")
    with pytest.raises(UsageError, match="expected whole seconds since 1970"):
        describe(checkout, Config())


@pytest.mark.parametrize("version", ["../../etc", "a/b", "", "-x", "v1\n", "a..b", "\u0661"])
def test_a_version_that_cannot_stand_in_a_file_name_is_refused(tmp_path: Path, version: str) -> None:
    with pytest.raises(UsageError):
        describe(tmp_path, Config(), version=version)


def test_a_broken_pyproject_is_an_input_error(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[project\n")
    with pytest.raises(InputError, match=r"pyproject\.toml: cannot be read"):
        describe(tmp_path, Config(), version="1")


def test_files_are_read_as_committed(checkout: Path) -> None:
    (checkout / "a b.txt").write_text("edited")
    assert tracked_files(checkout) == {"a b.txt": "100644", "pyproject.toml": "100644"}
    assert committed(checkout, "a b.txt") == b"one\r\ntwo\n"


def test_hostile_git_variables_do_not_reach_git(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_DIR", "/nonexistent")
    assert read_state(checkout) is not None
