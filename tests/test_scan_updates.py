"""The stage from its command line to its exit code, against an index on loopback."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ops.supply_chain import scan_updates
from ops.supply_chain.adapters.http.client import Timeouts
from ops.supply_chain.contracts.files.record import Record
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.core import canonical
from ops.supply_chain.core.errors import ExitCode
from ops.supply_chain.core.outcome import Outcome
from tests.fakes.index import Ask, FakeIndex, Mood

OLD = "2020-01-01T00:00:00Z"
DIGEST = "a" * 64


@dataclass
class World:
    root: Path
    index: FakeIndex
    capfd: pytest.CaptureFixture[str]
    out: str = ""
    err: str = ""
    config: str = ""

    def write(self, path: str, text: str) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text)

    def offer(self, name: str, *versions: str, uploaded: str = OLD) -> None:
        for version in versions:
            self.index.add_wheel(name, version).upload_time = uploaded

    def run(self, *options: str) -> int:
        (self.root / ".security-config.toml").write_text(f'[index]\nurl = "{self.index.url}"\n{self.config}')
        code = scan_updates.main(["--project", str(self.root), "--dist", str(self.dist), *options])
        self.out, self.err = self.capfd.readouterr()
        return code

    @property
    def dist(self) -> Path:
        return self.root.parent / "out"

    def rows(self, *options: str) -> dict[str, Any]:
        assert self.run("--format", "json", *options) == ExitCode.PASS
        return {row["package"]: row for row in json.loads(self.out)["result"]["dependencies"]}


@pytest.fixture(params=["json", "html"])
def world(
    request: pytest.FixtureRequest, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[World]:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "no-netrc"))
    monkeypatch.setattr("ops.supply_chain.adapters.index.client.Timeouts", lambda: Timeouts(attempts=1))
    root = tmp_path / "project"
    root.mkdir()
    with FakeIndex(form=request.param) as index:
        yield World(root, index, capfd)


def lock_of(*pins: str) -> str:
    return "".join(f"{pin} --hash=sha256:{DIGEST}\n    # via -r requirements.in\n" for pin in pins)


def test_newer_versions_inside_and_outside_the_range(world: World) -> None:
    world.offer("one", "1.0", "1.5", "2.0", "3.0a1")
    world.offer("two", "1.0")
    world.write("base.in", "one<2\n")
    world.write("requirements.in", "-r base.in\ntwo\n")
    world.write("requirements.txt", lock_of("one==1.0", "two==1.0"))
    rows = world.rows()
    assert (rows["one"]["range"], rows["two"]["range"]) == ("<2", "")
    assert [target["version"] for target in rows["one"]["inside"]] == ["1.5"]
    assert [target["version"] for target in rows["one"]["outside"]] == ["2.0"]
    assert (rows["two"]["inside"], rows["two"]["outside"]) == ([], [])
    assert rows["one"]["places"] == ["requirements.txt:1"]
    assert rows["one"]["age_days"] > 2000
    assert world.run() == ExitCode.PASS
    assert world.out.startswith("2 direct dependencies in 1 lock, 1 at the newest version\n")
    assert not world.dist.exists()


def test_an_indirect_pin_is_not_asked_for(world: World) -> None:
    world.offer("one", "1.0")
    world.write("requirements.in", "one\n")
    world.write("requirements.txt", lock_of("one==1.0") + f"deep==1.0 --hash=sha256:{DIGEST}\n    # via one\n")
    assert list(world.rows()) == ["one"]
    assert world.index.asked("deep") == 0


def test_the_cool_down_is_told(world: World) -> None:
    world.offer("one", "1.0", "1.1")
    world.offer("one", "1.2", uploaded="2999-01-01T00:00:00Z")
    world.write("requirements.in", "one\n")
    world.write("requirements.txt", lock_of("one==1.0"))
    newest, ready = world.rows()["one"]["inside"]
    assert (newest["version"], newest["cooling_until"]) == ("1.2", "2999-01-08")
    assert (ready["version"], ready["cooling_until"]) == ("1.1", "")


def test_a_yanked_and_a_removed_pin_are_told_and_decide_nothing(world: World) -> None:
    world.index.add_wheel("one", "1.0", yanked="broken")
    world.offer("two", "2.0")
    world.write("requirements.in", "one\ntwo<2\n")
    world.write("requirements.txt", lock_of("one==1.0", "two==1.0"))
    rows = world.rows()
    assert (rows["one"]["yanked"], rows["one"]["yanked_reason"], rows["two"]["listed"]) == (True, "broken", False)
    world.run()
    assert '1.0 (yanked: "broken")' in world.out
    assert "1.0 (no longer on the index)" in world.out


def vulnerability_record() -> Record:
    finding = Finding(
        code="vulnerability.known",
        severity=Severity.HIGH,
        message="one 1.0 has CVE-1",
        next_step="Move one to 1.5 or later: nox -s lock -- --upgrade-package one",
        package="one",
        version="1.0",
        aliases=("CVE-1", "GHSA-1"),
    )
    moment = "2026-11-20T00:00:00Z"
    return Record(
        schema="record/1",
        stage="check_vulnerabilities",
        component="p",
        version="1",
        outcome=Outcome.FAIL,
        invocation="i",
        started=moment,
        finished=moment,
        offline=False,
        tools=(),
        feeds=(),
        options={},
        counts={},
        reads=(),
        writes=(),
        findings=(finding,),
    )


def test_which_findings_an_update_would_close(world: World) -> None:
    world.offer("one", "1.0", "1.4", "2.0")
    world.write("requirements.in", "one<2\n")
    world.write("requirements.txt", lock_of("one==1.0"))
    world.run()
    assert "note: no record of check_vulnerabilities in dist/" in world.out
    (world.dist / "records").mkdir(parents=True)
    canonical.write(world.dist / "records" / "check_vulnerabilities.json", vulnerability_record())
    row = world.rows()["one"]
    assert [target["closes"] for target in row["inside"]] == [[]]
    assert [target["closes"] for target in row["outside"]] == [["CVE-1"]]
    world.run()
    assert world.out.rstrip().endswith("CVE-1")


def test_a_broken_record_is_a_broken_input(world: World) -> None:
    world.offer("one", "1.0")
    world.write("requirements.in", "one\n")
    world.write("requirements.txt", lock_of("one==1.0"))
    (world.dist / "records").mkdir(parents=True)
    (world.dist / "records" / "check_vulnerabilities.json").write_text("{}")
    assert world.run() == ExitCode.INPUT


def test_other_locks_know_their_manifest(world: World) -> None:
    world.offer("one", "1.0", "1.1", "2.0")
    world.write("pyproject.toml", '[project]\nname = "p"\nversion = "1"\ndependencies = ["one~=1.0"]\n')
    world.write(
        "uv.lock",
        'version = 1\nrevision = 3\nrequires-python = ">=3.11"\n'
        '[[package]]\nname = "p"\nversion = "1"\nsource = { virtual = "." }\ndependencies = [{ name = "one" }]\n'
        f'[[package]]\nname = "one"\nversion = "1.0"\nsource = {{ registry = "{world.index.url}" }}\n'
        f'sdist = {{ url = "https://f.example/one-1.0.tar.gz", hash = "sha256:{DIGEST}", size = 1 }}\n',
    )
    row = world.rows()["one"]
    assert (row["range"], row["inside"][0]["version"], row["outside"][0]["version"]) == ("~=1.0", "1.1", "2.0")


def test_a_source_that_leads_out_of_the_project_leaves_ranges_unknown(world: World) -> None:
    world.offer("one", "1.0", "1.1")
    (world.root.parent / "outside.in").write_text("one<2\n")
    world.write("requirements.in", "-r ../outside.in\n")
    world.write("requirements.txt", lock_of("one==1.0"))
    row = world.rows()["one"]
    assert (row["range"], row["inside"], row["outside"][0]["version"]) == (None, [], "1.1")


def test_no_lock_is_told(world: World) -> None:
    assert world.run() == ExitCode.PASS
    assert world.out.startswith("0 direct dependencies in 0 locks")
    assert "note: no lock, so no dependency to check" in world.out


def test_a_fleet(world: World) -> None:
    world.offer("one", "1.0", "1.1")
    for name in ("a", "b"):
        world.write(f"{name}/requirements.in", "one\n")
        world.write(f"{name}/requirements.txt", lock_of("one==1.0"))
        world.write(f"{name}/.security-config.toml", f'component_name = "{name}"\n[index]\nurl = "{world.index.url}"\n')
    fleet = world.root.parent / "fleet.txt"
    fleet.write_text("project/a\nproject/b\n")
    assert world.rows("--fleet", str(fleet))["one"]["places"] == ["a/requirements.txt:1", "b/requirements.txt:1"]
    assert world.index.asked("/simple/one/") == 1


@pytest.mark.parametrize("mood", [Mood.REFUSE, Mood.SERVER_ERROR, Mood.MALFORMED, Mood.EMPTY, Mood.REDIRECT])
def test_an_index_that_does_not_answer_is_said(world: World, mood: Mood) -> None:
    world.offer("one", "1.0", "1.1")
    world.write("requirements.in", "one\n")
    world.write("requirements.txt", lock_of("one==1.0"))
    world.index.misbehave(Ask.SIMPLE, mood)
    assert world.run() == ExitCode.NOT_EXAMINED
    assert world.err.startswith("error: could not fetch project pages of all 1 projects: one: package index http://")
    assert "\n  next: " in world.err


def test_where_one_index_fails_the_rest_is_told(world: World) -> None:
    world.offer("one", "1.0", "1.1")
    world.write("requirements.in", "one\n")
    world.write("requirements.txt", lock_of("one==1.0"))
    with FakeIndex() as private:
        private.misbehave(Ask.SIMPLE, Mood.SERVER_ERROR)
        world.write("private/requirements.in", "inner\n")
        world.write("private/requirements.txt", f"--index-url {private.url}\n" + lock_of("inner==1.0"))
        world.config += f'trusted = ["{private.url}"]\n'
        assert world.run() == ExitCode.NOT_EXAMINED
        assert "1.1 (" in world.out
        assert (
            f"note: not checked: inner: package index {private.url}inner/: answered with HTTP status 500" in world.out
        )


def test_a_public_log_has_counts_only(world: World) -> None:
    world.offer("confidential", "1.0", "1.1")
    world.write("requirements.in", "confidential\n")
    world.write("requirements.txt", lock_of("confidential==1.0"))
    assert world.run("--public-log") == ExitCode.PASS
    assert world.out == (
        "scan_updates: pass (examined 1, locked 1, locks 1, newer_inside 1, newer_outside 0, yanked 0)\n"
    )


@pytest.mark.online
@pytest.mark.parametrize("project", ["soar", "saleor", "warehouse"])
def test_real_projects_against_the_real_index(
    shared_data: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], project: str
) -> None:
    place = ["--project", str(shared_data / "projects" / project), "--dist", str(tmp_path), "--format", "json"]
    assert scan_updates.main(place) == ExitCode.PASS
    counts = json.loads(capfd.readouterr().out)["result"]["counts"]
    assert counts["examined"] == counts["locked"] > 0
