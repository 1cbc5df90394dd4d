"""The session `adopt`: the stage, then the rehearsal, then the next steps; whose option is whose."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ops.supply_chain.sessions import adopt, rehearse

STEPS = ["generate_sbom", "verify_release"]
LOCK = "lock the dependencies; create a requirements.in or pyproject.toml first: nox -s lock"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "widget"
    folder.mkdir()
    return folder


@pytest.fixture
def rehearsed(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Command lines of rehearsals, which are not run."""
    found: list[list[str]] = []

    def run(words: list[str]) -> int:
        found.append(list(words))
        return 5

    monkeypatch.setattr(rehearse, "main", run)
    return found


def test_the_rehearsal_follows_and_gives_its_code(
    project: Path, rehearsed: list[list[str]], capfd: pytest.CaptureFixture[str]
) -> None:
    assert adopt.main([*STEPS, "--", str(project), "--write", "--offline", "--advisories", "snapshot.zip"]) == 5
    assert rehearsed == [
        [*STEPS, "--", "--offline", "--advisories", "snapshot.zip", "--project", str(project), "--version", "0.0.0"]
    ]
    out = capfd.readouterr().out
    assert out.count("next:\n") == 1
    assert out.splitlines()[-4:] == [
        "next:",
        f"  1. {LOCK} -- --project {project}",
        "  2. name the authorized signer: [[signing.identities]] in .security-config.toml",
        "  3. set a private reporting channel: [reporting] in .security-config.toml",
    ]
    assert "rehearsed as version 0.0.0: the project has no version, or several tags at HEAD\n" in out
    assert (project / ".security-config.toml").is_file()


def test_a_version_that_is_known_is_not_made_up(
    project: Path, rehearsed: list[list[str]], capfd: pytest.CaptureFixture[str]
) -> None:
    (project / "pyproject.toml").write_text('[project]\nname = "widget"\nversion = "1.2"\n')
    adopt.main([*STEPS, "--", str(project)])
    adopt.main([*STEPS, "--", str(project), "--version", "v9"])
    assert [words[3:] for words in rehearsed] == [
        ["--project", str(project)],
        ["--version", "v9", "--project", str(project)],
    ]
    assert "rehearsed as" not in capfd.readouterr().out
    assert not (project / ".security-config.toml").exists()


def test_what_keeps_it_from_adopting_keeps_it_from_rehearsing(
    project: Path, rehearsed: list[list[str]], capfd: pytest.CaptureFixture[str]
) -> None:
    (project / ".security-config.toml").write_text("x = 1\n")
    assert adopt.main([*STEPS, "--", str(project)]) == 2
    assert rehearsed == []
    assert "next:\n" not in capfd.readouterr().out


def test_a_public_log_names_no_step(
    project: Path, rehearsed: list[list[str]], capfd: pytest.CaptureFixture[str]
) -> None:
    adopt.main([*STEPS, "--", str(project), "--public-log"])
    out = capfd.readouterr().out
    assert out.splitlines() == [
        "adopt_project: pass (files 3, ignores 0, kept 1, locks 0, written 0)",
        "adoption: 3 next steps",
    ]
    assert "--public-log" in rehearsed[0]


def test_json_is_of_one_run(project: Path, rehearsed: list[list[str]], capfd: pytest.CaptureFixture[str]) -> None:
    assert adopt.main([*STEPS, "--", str(project), "--format", "json"]) == 2
    assert capfd.readouterr().err == (
        "error: --format json: this session reports on two runs\n  next: Run adopt_project and rehearse separately.\n"
    )
    assert rehearsed == []


def test_help_is_the_stage_s(rehearsed: list[list[str]], capfd: pytest.CaptureFixture[str]) -> None:
    assert adopt.main([*STEPS, "--", "--help"]) == 0
    assert "usage: adopt_project" in capfd.readouterr().out
    assert rehearsed == []


def test_an_empty_project_is_really_rehearsed(project: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Two stages of it are enough here: the whole of it is run in tests/pipeline."""
    dist = tmp_path / "dist"
    steps = ["check_malware", "generate_sbom"]
    assert adopt.main([*steps, "--", str(project), "--write", "--offline", "--dist", str(dist)]) == 0
    record = json.loads((dist / "records/generate_sbom.json").read_text())
    assert (record["component"], record["version"], record["outcome"]) == ("widget", "0.0.0", "pass")
    assert "\nWOULD BE REFUSED  widget 0.0.0 " in capfd.readouterr().out
