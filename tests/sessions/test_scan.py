"""A scan: where it writes, what it calls the state that it examined, and that nothing is started in vain."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from ops.supply_chain.runner import pipeline
from ops.supply_chain.sessions import rehearse, scan
from tests.pipeline.conftest import git

STEPS = ["check_malware", "report_findings"]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    root.mkdir()
    (root / "requirements.txt").write_text(f"idna==3.7 --hash=sha256:{'0' * 64}\n")
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "first")
    return root


def _words(project: Path, *more: str) -> list[str]:
    dist, artifacts = project.parent / "dist", project.parent / "artifacts"
    folders = {"project": project, "dist": dist, "artifacts": artifacts, "cache": project.parent / "cache"}
    return ["--", *(word for name, path in folders.items() for word in (f"--{name}", str(path))), "--offline", *more]


def _tree(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_project_without_a_version_is_scanned_below_scan_and_named_by_its_commit(project: Path) -> None:
    dist = project.parent / "dist"
    for name in ("release/a.txt", "verification/verification.json", "records/check_locks.json", ".sealwright.lock"):
        (dist / name).parent.mkdir(parents=True, exist_ok=True)
        (dist / name).write_text("of an assembled release")
    before = _tree(project.parent)
    assert scan.main([*STEPS, *_words(project)]) == 5
    after = _tree(project.parent)
    assert {name: after[name] for name in before} == before
    assert {name.split("/")[0] for name in after.keys() - before.keys()} <= {"dist", "cache"}
    assert {name.split("/")[1] for name in after.keys() - before.keys() if name.startswith("dist/")} == {"scan"}
    record = json.loads((dist / "scan/records/check_malware.json").read_text())
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=project, capture_output=True, text=True, check=True)
    assert record["version"] == commit.stdout.strip()
    assert list((dist / "scan/findings").iterdir())
    [report] = (dist / "scan/findings").glob("*.json")
    assert json.loads(report.read_text())["since"]["problem"] == "no earlier scan is kept here"


def test_a_version_that_is_there_is_used(project: Path) -> None:
    git(project, "tag", "v1.2")
    scan.main([*STEPS[:1], *_words(project)])
    record = json.loads((project.parent / "dist/scan/records/check_malware.json").read_text())
    assert record["version"] == "v1.2"


WRONG = {
    "unknown key": ("nonsense = 1\n", "unknown key 'nonsense'", "wrong configuration"),
    "not TOML": ("[", "not valid TOML", "wrong configuration"),
    "zone of waivers": ('[waiver_rules]\nzone = "Mars/Base"\n', "is not a time zone", "wrong configuration"),
    "zone of responses": ('[response]\nzone = "Mars/Base"\n', "is not a known time zone", "wrong configuration"),
    "index": ('[index]\nurl = "nowhere"\n', "is not an https address", "wrong configuration"),
    "lock that is not there": ('[locks]\ninclude = ["none.txt"]\n', "matches no file", "wrong configuration"),
    "profile": ('[policy]\nprofiles = ["sekret"]\n', "no policy profile is called", "wrong configuration"),
    "policy folder": ('[policy]\nfolders = ["sekret"]\n', "no such policy folder", "wrong configuration"),
    "identity": ('[[signing.identities]]\nissuer = "x"\n', "expected exactly one of", "wrong configuration"),
    "recipient": ('[public_log]\nrecipients = ["sekret"]\n', "is no age recipient", "wrong configuration"),
    "name": ('component_name = "a b"\n', "cannot be used in a file name", "name or version that no file can have"),
}
SESSIONS = {"scan": scan.main, "release": pipeline.main, "rehearse": rehearse.main}
GATES = "check_locks & check_hashes & check_vulnerabilities & check_malware & check_publishers & generate_sbom"


@pytest.mark.parametrize("session", SESSIONS)
@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_configuration_is_reported_once_before_any_stage(
    project: Path, capfd: pytest.CaptureFixture[str], session: str, what: str
) -> None:
    config, message, kind = WRONG[what]
    (project / ".security-config.toml").write_text(config)
    words = [GATES, *_words(project, "--version", "1.0")]
    assert SESSIONS[session](words) == 2
    out, err = capfd.readouterr()
    assert (out, err.count("error: "), err.count(message)) == ("", 1, 1)
    assert not (project.parent / "dist").exists()
    assert SESSIONS[session]([*words, "--public-log"]) == 2
    assert capfd.readouterr() == ("", f"error: exit 2 ({kind})\n")


@pytest.mark.parametrize("session", ["release", "rehearse"])
def test_a_release_without_a_version_starts_nothing(
    project: Path, capfd: pytest.CaptureFixture[str], session: str
) -> None:
    words = [GATES, *_words(project)]
    assert SESSIONS[session](words) == 2
    assert capfd.readouterr().err.count("error: no version") == 1
    assert SESSIONS[session]([*words, "--public-log"]) == 2
    assert capfd.readouterr() == ("", "error: exit 2 (no version)\n")
    assert not (project.parent / "dist").exists()


def test_a_wrong_configuration_in_a_fleet_starts_nothing(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    other = project.parent / "other"
    other.mkdir()
    (other / ".security-config.toml").write_text("nonsense = 1\n")
    fleet = project.parent / "fleet.txt"
    fleet.write_text("project\nother\n")
    words = ["check_malware & check_hashes", *_words(project, "--fleet", str(fleet))]
    assert scan.main(words) == 2
    assert capfd.readouterr().err.count("unknown key 'nonsense'") == 1
    assert not (project.parent / "dist").exists()
