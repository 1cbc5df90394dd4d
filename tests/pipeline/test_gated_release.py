"""The whole gated release and the daily scan, hermetic: a real uv, an index, an Integrity API and advisories on loopback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ops.supply_chain import PIPELINE, commands, daily_scan_uses
from tests.fakes.advisories import affected, record, snapshot
from tests.fakes.integrity import FakeIntegrity
from tests.fakes.wheels import WheelIndex, serving
from tests.pipeline.conftest import git
from tests.pipeline.spine import SIGNING, accepted, release_steps

RELEASE = release_steps({row.script for row in PIPELINE} - SIGNING)
SCAN = commands(daily_scan_uses())
QUICK = (RELEASE[0].replace(" --second-opinion", ""), *RELEASE[1:])
"""Without pip-audit, which one test covers and which starts slowly."""

LEDGER = ("check_vulnerabilities --ledger & check_malware --ledger",)
LONG_AGO = "2025-01-01T00:00:00Z"
TODAY = {"modified": datetime.now(UTC).isoformat()}
OTHER = record("PYSEC-2026-9", affected("other", "introduced 0"), **TODAY)
MALWARE = record("MAL-2026-9", affected("another", "introduced 0"), **TODAY)
BAD_LEAF = record("GHSA-aaaa-bbbb-cccc", affected("leaf", "introduced 0, fixed 9"), aliases=["CVE-2026-77"], **TODAY)


class World:
    """A project, the services that it needs, and how to run the pipeline on it."""

    def __init__(self, folder: Path, index: WheelIndex, integrity: FakeIntegrity) -> None:
        self.folder, self.index, self.integrity = folder, index, integrity
        self.project = folder / "project"
        self.zip = folder / "osv.zip"
        self.project.mkdir()
        for name, requires in (("top", ("leaf>=1",)), ("leaf", ())):
            index.add(name, "1.5", LONG_AGO, *requires)
            integrity.add(name, "1.5", f"{name}-1.5-py3-none-any.whl", None)
        self.zip.write_bytes(snapshot(OTHER, MALWARE))
        (self.project / "requirements.in").write_text("top\n")
        (self.project / "pyproject.toml").write_text('[project]\nname = "small"\nversion = "1.0"\n')
        self.configure()
        assert self.run(("compile_locks",)).returncode == 0
        assert self.run(("check_publishers --record",)).returncode == 0
        git(self.project, "init", "-q")
        git(self.project, "add", "-A")
        git(self.project, "commit", "-qm", "first")

    def configure(self, more: str = "") -> None:
        index = f'[index]\nurl = "{self.index.simple}/"\njson_url = "{self.index.json_root}"\n'
        feeds = f'[feeds]\nintegrity_api = "{self.integrity.url}"\n'
        entries = accepted(feeds__integrity_api=self.integrity.url)
        (self.project / ".security-config.toml").write_text(f"{index}{feeds}{more}{entries}")
        if (self.project / ".git").exists():
            git(self.project, "commit", "-qam", "configured")

    def run(self, steps: tuple[str, ...], *options: str) -> subprocess.CompletedProcess[str]:
        folders = ["--project", self.project, "--dist", self.folder / "dist", "--cache", self.folder / "cache"]
        module = "ops.supply_chain." + ("sessions.scan" if steps in (SCAN, LEDGER) else "runner.pipeline")
        shared = [*map(str, folders), "--artifacts", str(self.folder / "artifacts")]
        given = tuple(with_advisories(step, self.zip) for step in steps)
        return subprocess.run(
            [sys.executable, "-Im", module, *given, "--", *shared, *options],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "NO_PROXY": "*", "UV_CACHE_DIR": str(self.folder / "uv")},
        )

    def outcome(self, stage: str) -> Any:
        return json.loads((self.folder / "dist" / "records" / f"{stage}.json").read_text())["outcome"]


def with_advisories(step: str, path: Path) -> str:
    """Give the advisory gates of a step a snapshot on their command line, where a small one is accepted."""
    for gate in ("check_vulnerabilities", "check_malware"):
        step = step.replace(gate, f"{gate} --advisories {path}")
    return step


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with serving() as index, FakeIntegrity() as integrity:
        yield World(tmp_path, index, integrity)


def test_a_release_passes_every_gate_and_carries_their_records(world: World) -> None:
    done = world.run(RELEASE)
    assert done.returncode == 0, done.stdout + done.stderr
    release = world.folder / "dist" / "release"
    gate = json.loads((release / "small-1.0-gate.json").read_text())
    stages = {one["stage"]: one for one in gate["records"]}
    assert "build_verifier" in stages
    gates = {"check_locks", "check_hashes", "check_vulnerabilities", "check_malware", "check_publishers"}
    assert gates | {"check_source", "generate_sbom", "generate_vex", "bundle_evidence"} <= set(stages)
    assert {one["outcome"] for one in stages.values()} == {"pass"}
    assert {stages[name]["counts"]["examined"] for name in gates} == {2}
    assert {"small-1.0-vex.cdx.json", "sealwright-verify.pyz"} <= {path.name for path in release.iterdir()}
    assert "  sealwright-verify.pyz\n" in (release / "small-1.0-checksums.txt").read_text()
    subjects = json.loads((release / "small-1.0-provenance.intoto.json").read_text())["subject"]
    assert "sealwright-verify.pyz" in {subject["name"] for subject in subjects}


@pytest.mark.whole
def test_a_vulnerability_denies_the_release_and_a_waiver_with_an_end_lets_it_pass(world: World) -> None:
    world.zip.write_bytes(snapshot(OTHER, MALWARE, BAD_LEAF))
    done = world.run(QUICK)
    assert done.returncode == 4
    assert "CVE-2026-77" in done.stdout
    assert not (world.folder / "dist" / "release").exists()
    assert not (world.folder / "artifacts" / "supply-chain").exists()
    today = datetime.now(UTC).date()
    world.configure(
        '[[waivers]]\nid = "CVE-2026-77"\npackage = "leaf"\nreason = "not reached"\nowner = "ann"\n'
        f'justification = "vulnerable_code_not_in_execute_path"\ndate = {today}\nexpires = {today + timedelta(days=90)}\n'
    )
    done = world.run(QUICK)
    assert done.returncode == 0, done.stdout + done.stderr
    [vex] = (world.folder / "dist" / "release").glob("*.openvex.json")
    [statement] = json.loads(vex.read_text())["statements"]
    assert (statement["status"], statement["justification"]) == (
        "not_affected",
        "vulnerable_code_not_in_execute_path",
    )
    assert "waived" in done.stdout.lower()


def _no_feed(world: World) -> None:
    world.zip.unlink()


def _no_integrity_api(world: World) -> None:
    world.integrity.absent = True


def _no_index(world: World) -> None:
    world.index.status = 503


@pytest.mark.parametrize(
    ("outage", "steps"),
    [
        pytest.param(_no_feed, SCAN, id="advisories, daily scan"),
        pytest.param(_no_integrity_api, QUICK, id="integrity", marks=pytest.mark.whole),
        pytest.param(_no_index, QUICK, id="index", marks=pytest.mark.whole),
    ],
)
def test_what_could_not_be_examined_is_no_release_and_never_called_clean(
    world: World, outage: Any, steps: tuple[str, ...]
) -> None:
    outage(world)
    done = world.run(steps)
    assert done.returncode == 5, done.stdout + done.stderr
    assert "clean" not in (done.stdout + done.stderr).lower()
    assert not (world.folder / "dist" / "release").exists()


@pytest.mark.whole
def test_a_replaced_file_denies_although_all_else_passes(world: World) -> None:
    lock = world.project / "requirements.txt"
    text = lock.read_text()
    digest = text.split("sha256:", 1)[1][:64]
    lock.write_text(text.replace(digest, digest[:-1] + ("0" if digest[-1] != "0" else "1")))
    done = world.run(QUICK)
    assert done.returncode in {4, 5}
    assert world.outcome("check_hashes") == "fail"
    assert world.outcome("check_locks") == "fail"
    assert not (world.folder / "dist" / "release").exists()


@pytest.mark.whole
def test_the_daily_scan_remembers_what_it_saw_first_and_when(world: World) -> None:
    assert world.run(SCAN).returncode == 0
    world.zip.write_bytes(snapshot(OTHER, MALWARE, BAD_LEAF))
    first = world.run(LEDGER)
    ledger = world.folder / "artifacts" / "ledger" / "small.jsonl"
    kept = ledger.read_bytes()
    second = world.run(LEDGER)
    assert (first.returncode, second.returncode) == (4, 4)
    assert ledger.read_bytes() == kept
    assert len(kept.splitlines()) == 1


@pytest.mark.whole
def test_a_public_daily_scan_tells_counts_and_outcomes_only(world: World) -> None:
    world.zip.write_bytes(snapshot(OTHER, MALWARE, BAD_LEAF))
    done = world.run(SCAN, "--public-log")
    said = done.stdout + done.stderr
    assert done.returncode == 4
    assert "check_vulnerabilities: fail" in said
    for token in (
        "leaf",
        "top",
        "small",
        "1.5",
        "CVE",
        "GHSA",
        "PYSEC",
        str(world.folder),
        "127.0.0.1",
        "requirements",
    ):
        assert token not in said
    assert not (world.folder / "dist" / "scan" / "findings").exists()
    assert not (world.folder / "dist" / "records" / "check_vulnerabilities.json").exists()
