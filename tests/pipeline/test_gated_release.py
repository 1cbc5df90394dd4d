"""The whole gated release and the daily scan, hermetic: a real uv, an index, an Integrity API and advisories on loopback.

Canary secrets in their environment reach only the processes that need them, as the process table shows it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ops.supply_chain import commands, daily_scan_uses, release_uses
from tests.fakes.advisories import snapshot
from tests.pipeline.canaries import IS_VISIBLE, assert_only_where_needed
from tests.pipeline.gated_world import BAD_LEAF, LEDGER, MALWARE, OTHER, QUICK, RELEASE, SCAN, World, made_world


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with made_world(tmp_path_factory.mktemp("made")) as world:
        yield world


@pytest.fixture
def world(made: World, tmp_path: Path) -> Iterator[World]:
    with made.copied(tmp_path) as world:
        yield world


def test_a_release_passes_every_gate_carries_their_records_and_keeps_secrets_apart(world: World) -> None:
    done, sampler = world.run_sampled(RELEASE)
    assert done.returncode == 0, done.stdout
    if IS_VISIBLE:
        # Rules are evaluated in a fork of evaluate_policy, which has its name and its variables.
        programs = {"check_locks", "check_vulnerabilities", "uv", "check_source", "git", "evaluate_policy"}
        assert programs <= sampler.programs, sampler.programs
        assert_only_where_needed(sampler, signs=set())
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


IN_BOTH = {"check_hashes", "check_malware", "check_publishers", "generate_security_md", "report_findings"}
"""Stages of the daily scan of which the release above shows the same."""

SESSIONS = {
    "release": ("runner.pipeline", commands(release_uses())),
    "rehearse": ("sessions.rehearse", commands(release_uses())),
    "daily_scan": ("sessions.scan", SCAN),
    "daily_scan, a part": (
        "sessions.scan",
        commands(
            tuple(filter(None, (tuple(use for use in step if use.name not in IN_BOTH) for step in daily_scan_uses())))
        ),
    ),
}


@pytest.mark.skipif(not IS_VISIBLE, reason="this system has no /proc")
@pytest.mark.parametrize(
    ("module", "steps"),
    [pytest.param(*use, id=name, marks=[pytest.mark.whole] * ("part" not in name)) for name, use in SESSIONS.items()],
)
def test_canaries_reach_only_what_needs_them(world: World, module: str, steps: tuple[str, ...]) -> None:
    _done, sampler = world.run_sampled(steps, module)
    assert {"check_locks", "check_vulnerabilities", "uv"} <= sampler.programs, sampler.programs
    if module != "sessions.scan":
        # Rules are evaluated in a fork of evaluate_policy, which has its name and its variables.
        assert {"check_source", "git", "evaluate_policy"} <= sampler.programs, sampler.programs
    # A rehearsal signs with a token of its own instance; a release ends where it signs, because a canary is no token.
    assert_only_where_needed(sampler, signs={"sign_artifacts"} if module == "runner.pipeline" else set())


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
