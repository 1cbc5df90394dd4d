"""Provenance and checksums: what really happened, chained to the release before, nothing about the machine."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from ops.supply_chain import bundle_evidence, check_source, generate_provenance
from ops.supply_chain.contracts.files.record import Record
from ops.supply_chain.contracts.files.verdict import GateFile
from ops.supply_chain.core import canonical
from ops.supply_chain.core.errors import ExitCode
from tests.release.handmade import LOCKS, Handmade


@pytest.fixture(autouse=True)
def _plain_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GITHUB_ACTIONS", "RUNNER_ENVIRONMENT", "GITLAB_CI"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def release(tmp_path: Path) -> Handmade:
    found = Handmade(tmp_path)
    found.until("generate_provenance")
    return found


def git(folder: Path, *words: str) -> str:
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    command = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org", *words]
    return subprocess.run(
        command, cwd=folder, env=environment, check=True, capture_output=True, text=True
    ).stdout.strip()


def test_subjects_are_the_released_files_under_their_released_names(release: Handmade) -> None:
    release.must(generate_provenance.main)
    statement = release.document("provenance/provenance.json")
    expected = {
        "N-V-evidence.tar.gz": "evidence/N-V-evidence.tar.gz",
        "N-V-gate.json": "verdict/gate.json",
        "N-V-sbom.cdx.json": "sbom/N-sbom.json",
        "N-V-sbom.spdx.json": "sbom/N-sbom.spdx.json",
    }
    assert [(one["name"], one["digest"]) for one in statement["subject"]] == [
        (name, {"sha256": release.ref("dist", path).sha256}) for name, path in expected.items()
    ]
    sums = [f"{release.ref('dist', path).sha256}  {name}" for name, path in expected.items()]
    sums.insert(2, f"{release.ref('dist', 'provenance/provenance.json').sha256}  N-V-provenance.intoto.json")
    assert (release.dist / "checksums.txt").read_text().splitlines() == sums


def test_byproducts_are_the_records_and_the_verdict_as_the_gate_file_holds_them(release: Handmade) -> None:
    release.must(generate_provenance.main)
    found = release.document("provenance/provenance.json")["predicate"]["runDetails"]["byproducts"]
    assert {one["name"]: one["digest"]["sha256"] for one in found} == {
        "record/bundle_evidence": release.ref("dist", "records/bundle_evidence.json").sha256,
        "record/generate_sbom": release.ref("dist", "records/generate_sbom.json").sha256,
        "record/evaluate_policy": release.ref("dist", "records/evaluate_policy.json").sha256,
        "verdict": release.ref("dist", "verdict/verdict.json").sha256,
    }
    gate = release.document("verdict/gate.json")
    text = json.dumps(gate["records"][0], sort_keys=True, indent=2, ensure_ascii=False) + "\n"
    assert text == (release.dist / "records/bundle_evidence.json").read_text()


def test_the_source_commit_is_named_with_its_state(tmp_path: Path) -> None:
    case = Handmade(tmp_path)
    case.project()
    git(case.root, "init", "-q")
    git(case.root, "remote", "add", "origin", "https://me:secret@git.example/o/n.git")
    git(case.root, "add", "-A")
    git(case.root, "commit", "-qm", "one")
    commit = git(case.root, "rev-parse", "HEAD")
    case.until("generate_provenance")
    case.must(generate_provenance.main)
    document = case.document("provenance/provenance.json")
    definition = document["predicate"]["buildDefinition"]
    source = {"uri": f"git+https://git.example/o/n.git@{commit}", "digest": {"gitCommit": commit}}
    assert definition["externalParameters"]["source"] == source
    assert definition["externalParameters"]["sourceDateEpochFrom"] == "commit"
    [found] = [one for one in definition["resolvedDependencies"] if one["annotations"]["role"] == "source"]
    assert found == {**source, "annotations": {"role": "source", "dirty": False}}
    (case.root / "new").write_text("x")
    case.must(generate_provenance.main)
    changed = case.document("provenance/provenance.json")["predicate"]["buildDefinition"]["resolvedDependencies"]
    assert [one["annotations"]["dirty"] for one in changed if one["annotations"]["role"] == "source"] == [True]
    assert "secret" not in (case.dist / "provenance/provenance.json").read_text()


def test_a_project_that_was_changed_since_its_source_was_checked_has_no_provenance(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    case = Handmade(tmp_path)
    case.project()
    git(case.root, "init", "-q")
    git(case.root, "add", "-A")
    git(case.root, "commit", "-qm", "one")
    case.until("bundle_evidence")
    case.must(bundle_evidence.main)
    case.must(check_source.main)
    judged = case.verdict(["sbom/N-sbom.json", *case.records()])
    records = tuple(canonical.read(case.dist / path, Record) for path in case.records())
    canonical.write(case.dist / "verdict/gate.json", GateFile(schema="gate/1", verdict=judged, records=records))
    case.record("evaluate_policy", writes=(case.ref("dist", "verdict/gate.json"),))
    case.must(generate_provenance.main)
    (case.root / "new").write_text("x")
    assert case.run(generate_provenance.main) == ExitCode.INPUT
    assert "new: changed since check_source" in capfd.readouterr().err


def test_locks_are_dependencies_by_digest(release: Handmade) -> None:
    release.must(generate_provenance.main)
    definition = release.document("provenance/provenance.json")["predicate"]["buildDefinition"]
    files = {
        one["name"]: one["digest"]["sha256"]
        for one in definition["resolvedDependencies"]
        if one["annotations"]["role"] == "project-file"
    }
    names = [LOCKS[0], LOCKS[1], "functions/a/requirements.provenance.json"]
    assert files == {name: release.ref("project", name).sha256 for name in names}


def test_nothing_of_the_machine_is_in_it(release: Handmade) -> None:
    release.must(generate_provenance.main)
    text = (release.dist / "provenance/provenance.json").read_text()
    assert str(release.base) not in text
    assert str(Path.home()) not in text
    assert f'"{os.uname().nodename}"' not in text


BUILDERS = {
    "workstation": {},
    "github-hosted": {"GITHUB_ACTIONS": "true", "RUNNER_ENVIRONMENT": "github-hosted"},
    "github-self-hosted": {"GITHUB_ACTIONS": "true", "RUNNER_ENVIRONMENT": "self-hosted"},
    "gitlab-runner": {"GITLAB_CI": "true"},
}


@pytest.mark.parametrize("kind", BUILDERS)
def test_the_builder(release: Handmade, monkeypatch: pytest.MonkeyPatch, kind: str, repository: Path) -> None:
    for name, value in BUILDERS[kind].items():
        monkeypatch.setenv(name, value)
    release.must(generate_provenance.main)
    builder = release.document("provenance/provenance.json")["predicate"]["runDetails"]["builder"]
    assert builder["id"] == f"urn:sealwright:builder:{kind}:v1"
    # Each identifier that we hand out is described, with what it does not claim.
    assert f"builder:{kind}:v1" in (repository / "docs/provenance.md").read_text()


def test_a_project_can_publish_the_identifiers_under_its_own_address(release: Handmade) -> None:
    release.write(
        "project/.security-config.toml",
        'component_name = "N"\n[provenance]\nuri_base = "https://n.example/p#"\n',
    )
    release.must(generate_provenance.main)
    predicate = release.document("provenance/provenance.json")["predicate"]
    assert predicate["buildDefinition"]["buildType"] == "https://n.example/p#buildtype:release:v1"
    assert predicate["runDetails"]["builder"]["id"] == "https://n.example/p#builder:workstation:v1"


def second(release: Handmade) -> Handmade:
    """Retain the release, then make the next version up to its provenance."""
    release.until("summarise_release")
    shutil.rmtree(release.dist)
    release.version = "W"
    release.until("generate_provenance")
    return release


def test_a_release_names_the_provenance_of_the_one_before(release: Handmade) -> None:
    second(release).must(generate_provenance.main)
    definition = release.document("provenance/provenance.json")["predicate"]["buildDefinition"]
    kept = (release.store / "V" / "N-V-provenance.intoto.json").read_bytes()
    assert [one for one in definition["resolvedDependencies"] if one["annotations"]["role"] == "previous-release"] == [
        {
            "name": "N-V-provenance.intoto.json",
            "digest": {"sha256": hashlib.sha256(kept).hexdigest()},
            "annotations": {"role": "previous-release", "version": "V"},
        }
    ]


def test_a_release_made_again_does_not_follow_itself(release: Handmade) -> None:
    release.until("summarise_release")
    shutil.rmtree(release.dist)
    release.until("evaluate_policy_provenance")
    definition = release.document("provenance/provenance.json")["predicate"]["buildDefinition"]
    assert "previous-release" not in {one["annotations"]["role"] for one in definition["resolvedDependencies"]}


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("N-V-provenance.intoto.json", None, "has another SHA-256 than the manifest says"),
        ("N-V-gate.json", "", "bytes, the manifest says"),
    ],
)
def test_a_damaged_release_before_is_no_link(
    release: Handmade, capfd: pytest.CaptureFixture[str], name: str, content: str | None, said: str
) -> None:
    second(release)
    path = release.store / "V" / name
    data = bytearray(path.read_bytes())
    data[0] ^= 1
    path.write_bytes(bytes(data) if content is None else content.encode())
    capfd.readouterr()
    assert release.run(generate_provenance.main) == 3
    assert said in capfd.readouterr().err


CHANGED = {
    "records/generate_sbom.json": "error: dist/records/generate_sbom.json: is not the record that the verdict was",
    "records/evaluate_policy.json": "error: dist/records/evaluate_policy.json: is not the record that the verdict was",
    "verdict/gate.json": "error: dist/verdict/gate.json: is not what evaluate_policy recorded that it wrote",
}


@pytest.mark.parametrize("path", CHANGED)
def test_a_record_or_gate_that_changed_since_is_refused(
    release: Handmade, path: str, capfd: pytest.CaptureFixture[str]
) -> None:
    target = release.dist / path
    target.write_text(target.read_text() + "\n")
    assert release.run(generate_provenance.main) == 3
    assert capfd.readouterr().err.startswith(CHANGED[path])
    assert not (release.dist / "provenance").exists()


@pytest.mark.parametrize("path", ["verdict/gate.json", "records/evaluate_policy.json", "records/generate_sbom.json"])
def test_without_verdict_and_records_there_is_no_provenance(release: Handmade, path: str) -> None:
    (release.dist / path).unlink()
    assert release.run(generate_provenance.main) == 3


def test_an_incomplete_dist_is_no_release(release: Handmade, capfd: pytest.CaptureFixture[str]) -> None:
    (release.dist / "evidence/N-V-evidence.tar.gz").unlink()
    assert release.run(generate_provenance.main) == 6
    assert "dist/: the evidence or source archive of N V not there" in capfd.readouterr().err


@pytest.mark.parametrize("value", ["1", "", "0", "true"])
def test_a_rehearsal_says_so_and_nothing_else_does(
    release: Handmade, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("SEALWRIGHT_REHEARSAL", value)
    release.must(generate_provenance.main)
    predicate = release.document("provenance/provenance.json")["predicate"]
    marked = value == "1"
    assert predicate["buildDefinition"]["externalParameters"].get("rehearsal") is (True if marked else None)
    assert predicate["runDetails"]["builder"]["id"].endswith(":rehearsal") is marked


def test_without_a_verdict_the_command_that_reaches_one_is_named(
    release: Handmade, capfd: pytest.CaptureFixture[str]
) -> None:
    release.until("evaluate_policy")
    (release.dist / "verdict" / "gate.json").unlink(missing_ok=True)
    capfd.readouterr()
    assert release.run(generate_provenance.main) == 3
    err = capfd.readouterr().err
    assert err.startswith(
        "error: there is no verdict, which provenance states\n  next: Run nox -s evaluate_policy -- --project "
    )
