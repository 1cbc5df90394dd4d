"""One broken lock among good ones: it alone is broken, all others are examined, and the outcome is the worst of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ops.supply_chain import (
    check_hashes,
    check_locks,
    check_malware,
    check_publishers,
    check_vulnerabilities,
    generate_sbom,
    scan_updates,
)
from ops.supply_chain.core.errors import ExitCode
from tests.cases import case
from tests.fakes.advisories import affected, record, snapshot
from tests.fakes.gate_project import NOW

STAGES = {
    module.__name__.rpartition(".")[2]: module.main
    for module in (
        check_hashes, check_locks, check_malware, check_publishers, check_vulnerabilities, generate_sbom, scan_updates,
    )
}  # fmt: skip
WITH_ADVISORIES = ("check_malware", "check_vulnerabilities")
BROKEN = {
    "requirements.txt": b"?\n",
    "uv.lock": b"version = 3\n",
    "tool.py.lock": b"version = 1\n[[package]]\n",
    "pylock.toml": b'lock-version = "666"\n',
    "poetry.lock": b"[[package]\n",
    "pdm.lock": b"[metadata]\nlock_version = 4\n",
    "Pipfile.lock": b"{",
    "requirements-dev.txt": b"caf\xff==1\n",
    "deploy/requirements.txt": b"-r absent.txt\n",
}
EMPTY = b"# nothing is needed\n"


class Project:
    """A project on disk, and the last run's output."""

    def __init__(self, folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
        self.root, self.dist, self.zip = folder / "project", folder / "dist", folder / "osv.zip"
        self._capfd = capfd
        self.out = self.err = ""
        self.root.mkdir(exist_ok=True)
        self.zip.write_bytes(snapshot(record("GHSA-none", affected("unused", versions=("1.0",)))))

    def write(self, path: str, data: bytes) -> None:
        """Write a file of the project."""
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_bytes(data)

    def run(self, stage: str, *words: str) -> int:
        """Run a stage without any network."""
        more = ["--advisories", str(self.zip)] if stage in WITH_ADVISORIES else []
        more += ["--no-enrich"] if stage == "generate_sbom" else []
        place = ["--project", str(self.root), "--dist", str(self.dist), "--version", "1.0"]
        code: int = STAGES[stage]([*place, "--offline", *more, *words])
        self.out, self.err = self._capfd.readouterr()
        return code

    def record(self, stage: str) -> Any:
        """Return the record of a stage."""
        return json.loads((self.dist / "records" / f"{stage}.json").read_bytes())


@pytest.fixture(autouse=True)
def _day(monkeypatch: pytest.MonkeyPatch) -> None:
    """A day on which the snapshot of these tests is fresh."""
    monkeypatch.setattr("ops.supply_chain.runner.stage.read_clock", lambda: NOW)


@pytest.fixture
def project(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Project:
    return Project(tmp_path, capfd)


@pytest.mark.parametrize("path", BROKEN)
@pytest.mark.parametrize("stage", STAGES)
def test_each_kind_of_lock_broken_beside_a_good_one(project: Project, stage: str, path: str) -> None:
    project.write("good/requirements.txt", EMPTY)
    assert project.run(stage) == ExitCode.PASS
    project.write(path, BROKEN[path])
    assert project.run(stage, "--format", "json") == ExitCode.INPUT
    record = json.loads(project.out)["record"]
    assert record["outcome"] == "not-examined"
    assert record["counts"]["locks"] == 1
    assert [(finding["code"], finding["path"]) for finding in record["findings"]] == [("lock.broken", path)]
    assert "Traceback" not in project.err


@pytest.mark.parametrize("stage", STAGES)
def test_locks_of_which_none_can_be_read_are_refused_and_leave_no_record(project: Project, stage: str) -> None:
    project.write("requirements.txt", b"?\n")
    project.write("uv.lock", b"version = 3\n")
    assert project.run(stage) == ExitCode.INPUT
    assert "error: 2 locks are malformed:\n" in project.err
    assert not (project.dist / "records" / f"{stage}.json").exists()


def bad(stage: str) -> Callable[[Project], None]:
    def write(project: Project) -> None:
        digest = b"--hash=sha256:" + b"a" * 64
        pin = b"bad==1.0\n" if stage in ("check_locks", "check_hashes") else b"bad==1.0 " + digest + b"\n"
        project.write("good/requirements.txt", pin)
        name = "MAL-2026-1" if stage == "check_malware" else "GHSA-x"
        project.zip.write_bytes(snapshot(record(name, affected("bad", versions=("1.0",)))))

    return write


@pytest.mark.parametrize("stage", ["check_locks", "check_malware", "check_vulnerabilities"])
def test_what_is_wrong_in_a_good_lock_outweighs_the_broken_one(project: Project, stage: str) -> None:
    bad(stage)(project)
    project.write("uv.lock", b"version = 3\n")
    assert project.run(stage) == ExitCode.DENIED
    record = project.record(stage)
    assert record["outcome"] == "fail"
    assert {"lock.broken"} < {finding["code"] for finding in record["findings"]}


def test_no_waiver_covers_a_broken_lock(project: Project) -> None:
    project.write("good/requirements.txt", EMPTY)
    project.write("uv.lock", b"version = 3\n")
    project.write(
        ".security-config.toml",
        b'[[waivers]]\nid = "lock.broken"\nreason = "known"\nowner = "me"\nexpires = 2099-01-01\n',
    )
    assert project.run("check_locks") in (ExitCode.INPUT, ExitCode.DENIED)
    (finding,) = [finding for finding in project.record("check_locks")["findings"] if finding["code"] == "lock.broken"]
    assert finding["waived_by"] == ""


def test_the_sbom_of_the_others_says_that_it_is_incomplete(project: Project) -> None:
    digest = b"--hash=sha256:" + b"a" * 64
    project.write("good/requirements.txt", b"fine==1.0 " + digest + b"\n")
    project.write("uv.lock", b"version = 3\n")
    assert project.run("generate_sbom") == ExitCode.INPUT
    sbom = json.loads((project.dist / "sbom" / "project-sbom.json").read_bytes())
    assert [component["name"] for component in sbom["components"]] == ["fine"]
    root = sbom["metadata"]["component"]["bom-ref"]
    stated = {composition["aggregate"]: composition for composition in sbom["compositions"]}
    assert stated["incomplete"]["assemblies"] == [root]
    assert "assemblies" not in stated.get("complete", {})


def test_a_public_log_says_no_more_than_that_it_is_not_examined(project: Project) -> None:
    project.write("good/requirements.txt", EMPTY)
    project.write("secret-name/uv.lock", b"version = 3\n")
    assert project.run("check_locks", "--public-log") == ExitCode.INPUT
    assert "not-examined" in project.out
    assert "secret-name" not in project.out + project.err


def test_a_fleet_examines_every_other_lock(project: Project, tmp_path: Path) -> None:
    project.write("a/uv.lock", b"version = 3\n")
    project.write("b/requirements.txt", EMPTY)
    (tmp_path / "fleet").write_text("project/a\nproject/b\n")
    assert project.run("check_locks", "--fleet", str(tmp_path / "fleet")) == ExitCode.INPUT
    assert [finding["path"] for finding in project.record("check_locks")["findings"]] == ["a/uv.lock"]


@pytest.mark.parametrize("stage", ["generate_sbom", "check_vulnerabilities"])
def test_a_pylock_that_its_tool_writes_wrongly_beside_the_good_one(
    project: Project, tmp_path: Path, stage: str
) -> None:
    project.root = case("lock-pipenv-pylock", tmp_path)
    assert project.run(stage) == ExitCode.INPUT
    record = project.record(stage)
    assert record["counts"]["locked"] == record["counts"]["examined"] == 2
    (finding,) = record["findings"]
    assert (finding["code"], finding["path"], finding["line"]) == ("lock.broken", "pylock.toml", 8)
    assert finding["next_step"] == (
        "Lock again; if the tool that wrote it (pipenv) writes the same, report it there, commit a lock in another format, "
        "and leave this one out with [locks].exclude."
    )


def test_a_pylock_with_a_file_without_hash_is_broken_alone(project: Project, tmp_path: Path) -> None:
    project.root = case("lock-pylock-empty-hashes", tmp_path)
    assert project.run("generate_sbom") == ExitCode.INPUT
    assert "pylock.toml:11: " in project.err
    project.write("requirements.txt", b"fine==1.0 --hash=sha256:" + b"a" * 64 + b"\n")
    assert project.run("generate_sbom") == ExitCode.INPUT
    assert project.record("generate_sbom")["counts"]["components"] == 1
    assert project.run("check_locks") == ExitCode.DENIED  # the new one has no source
