"""What pins or declares packages and is not read: no stage that reads locks passes, whatever else the project has."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ops.supply_chain.core.errors import ExitCode
from ops.supply_chain.runner import stage as stage_runner
from tests.cases import case
from tests.dependencies.locks.test_classify import MARKED, PINNED, UNREAD
from tests.fakes.advisories import affected, record, snapshot
from tests.fakes.gate_project import NOW
from tests.fakes.matrix import diagonals
from tests.gather.gates.test_broken_locks import EMPTY, STAGES, Project, project

__all__ = ["project"]

DENIED_BY_CHECK_LOCKS = ("requirements.in", "requirements-dev.in", "requirements/base.in")
"""What check_locks would compile itself: a missing lock is a failure there."""

NOT_READ = ("unread", "not-examined", "no-lock")

CASES: dict[str, tuple[list[str], tuple[int, int, int]]] = {
    "lock-requirements-pip": ([], (ExitCode.PASS, ExitCode.DENIED, ExitCode.DENIED)),
    "lock-lock-name-only": ([], (ExitCode.PASS, ExitCode.DENIED, ExitCode.DENIED)),
    "lock-pixi-lock": (["pixi.lock", "pixi.toml"], 3 * (ExitCode.NOT_EXAMINED,)),
    "lock-pep723": (["tool.py"], 3 * (ExitCode.NOT_EXAMINED,)),
    "lock-mixed": (["docker/build/requirements.txt"], (ExitCode.NOT_EXAMINED, ExitCode.DENIED, ExitCode.DENIED)),
}  # fmt: skip
"""Case -> the files that are named as not read, and the exit codes: what is read is denied where requests is vulnerable."""


@pytest.mark.parametrize(("stage", "path"), diagonals(list(STAGES), list(UNREAD), step=len(STAGES)))
def test_each_kind_beside_a_good_lock_is_not_examined(project: Project, stage: str, path: str) -> None:
    project.write("good/requirements.txt", EMPTY)
    project.write(MARKED.get(path, path), b"requests==2.19.0\n")
    project.write(path, UNREAD[path].encode("latin-1"))
    denied = stage == "check_locks" and path in DENIED_BY_CHECK_LOCKS
    assert project.run(stage, "--format", "json") == (ExitCode.DENIED if denied else ExitCode.NOT_EXAMINED)
    findings = json.loads(project.out)["record"]["findings"]
    named = [finding["path"] for finding in findings if finding["code"] == "lock.unread"]
    assert named == ([] if denied else [MARKED.get(path, path)])
    assert "Traceback" not in project.err


@pytest.mark.parametrize("name", CASES)
def test_the_inputs_that_came_out_wrong(
    project: Project, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stage_runner, "read_clock", lambda: NOW)  # the day of the advisories
    unread, expected = CASES[name]
    project.root = case(name, tmp_path / "cases")
    project.zip.write_bytes(snapshot(record("GHSA-x", affected("requests", versions=("2.19.0",)))))
    for stage, code in zip(("generate_sbom", "check_vulnerabilities", "check_locks"), expected, strict=True):
        assert project.run(stage, "--format", "json") == code
        shown = json.loads(project.out)["record"]
        open_ = [finding for finding in shown["findings"] if finding["code"].rpartition(".")[2] in NOT_READ]
        assert sorted(finding["path"] for finding in open_) == unread


def test_the_sbom_says_that_it_is_incomplete(project: Project) -> None:
    project.write("requirements.txt", b"fine==1.0 --hash=sha256:" + b"a" * 64 + b"\n")
    project.write("tool.py", UNREAD["tool.py"].encode())
    assert project.run("generate_sbom") == ExitCode.NOT_EXAMINED
    (path,) = project.dist.glob("sbom/*-sbom.json")
    assert "incomplete" in {entry["aggregate"] for entry in json.loads(path.read_bytes())["compositions"]}


def test_no_waiver_covers_it_and_an_exclusion_does(project: Project) -> None:
    project.write("requirements.txt", EMPTY)
    project.write("vendor/pixi.lock", b"")
    waiver = b'[[waivers]]\nid = "lock.unread"\nreason = "known"\nowner = "me"\nexpires = 2099-01-01\n'
    project.write(".security-config.toml", waiver)
    assert project.run("check_vulnerabilities") == ExitCode.NOT_EXAMINED
    project.write(".security-config.toml", b'[locks]\nexclude = [{path = "vendor", reason = "not shipped"}]\n')
    assert project.run("check_vulnerabilities", "--format", "json") == ExitCode.PASS
    assert json.loads(project.out)["record"]["excluded"] == [
        {"path": "vendor", "reason": "not shipped", "files": ["vendor/pixi.lock"]}
    ]
    project.write(".security-config.toml", b'[locks]\nexclude = ["vendor"]\n')
    assert project.run("generate_sbom") == ExitCode.PASS
    assert "excluded by [locks].exclude: vendor (no reason given)" in project.out


def test_an_exclusion_needs_a_path_and_a_reason(project: Project) -> None:
    for entry in (b'{path = "vendor"}', b'{path = "vendor", reason = ""}', b'{path = "", reason = "x"}', b"{}"):
        project.write(".security-config.toml", b"[locks]\nexclude = [" + entry + b"]\n")
        assert project.run("generate_sbom") == ExitCode.USAGE


def test_a_lock_that_only_a_tracked_folder_hides(project: Project) -> None:
    from tests.adapters.files.test_git import commit, git

    project.write("requirements.txt", EMPTY)
    project.write("build/requirements.txt", PINNED.encode())
    git(project.root, "init", "-q", "-b", "main")
    project.write(".gitignore", b"build/\n")
    commit(project.root)
    assert project.run("check_malware") == ExitCode.PASS
    git(project.root, "add", "-f", "build/requirements.txt")
    assert project.run("check_malware") == ExitCode.NOT_EXAMINED
    assert "build/requirements.txt" in project.out


def test_the_public_log_has_no_name_of_it(project: Project) -> None:
    project.write("requirements.txt", EMPTY)
    project.write("secret-service/pixi.lock", b"")
    assert project.run("check_vulnerabilities", "--public-log") == ExitCode.NOT_EXAMINED
    assert "secret-service" not in project.out + project.err
