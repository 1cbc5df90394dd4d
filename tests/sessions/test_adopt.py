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

    def run(words: list[str], advice: rehearse.Advice) -> int:
        found.append(list(words))
        assert not advice.shown
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
    assert out.splitlines()[-5:] == [
        "version: rehearsed as 0.0.0: the project has no version, or several tags at HEAD",
        "next:",
        f"  1. {LOCK} -- --project {project}",
        "  2. name the authorized signer: [[signing.identities]] in .security-config.toml",
        "  3. set a private reporting channel: [reporting] in .security-config.toml",
    ]
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


Ran = list[tuple[str, ...]]


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> Ran:
    """The stages that write a project's first files, which are not run: each leaves its file."""
    found: Ran = []

    def run(name: str, root: Path, _shared: object, *words: str) -> int:
        found.append((name, *words))
        made = {"compile_locks": "requirements.txt", "check_publishers": "requirements.provenance.json"}[name]
        (root / made).write_text(LOCKED if name == "compile_locks" else "{}")
        return 0

    monkeypatch.setattr(adopt, "_run_stage", run)
    return found


LOCKED = "idna==3.7 --hash=sha256:" + "a" * 64 + "\n"
FIRST: dict[str, tuple[dict[str, str], list[str], Ran, list[str]]] = {
    "neither": (
        {"requirements.in": "idna\n"},
        ["--write"],
        [("compile_locks",), ("check_publishers", "--record")],
        [
            "locked: 1 lock for the first time: review and commit",
            "recorded: publishers in requirements.provenance.json for the first time: review and commit",
        ],
    ),
    "a lock without baseline": (
        {"requirements.in": "idna\n", "requirements.txt": LOCKED},
        ["--write"],
        [("check_publishers", "--record")],
        ["recorded: publishers in requirements.provenance.json for the first time: review and commit"],
    ),
    "both": ({"requirements.txt": LOCKED, "requirements.provenance.json": "{}"}, ["--write"], [], []),
    "not written": ({"requirements.in": "idna\n"}, [], [], []),
    "offline": ({"requirements.in": "idna\n"}, ["--write", "--offline"], [], []),
    "nothing to lock": ({}, ["--write"], [], []),
}


@pytest.mark.parametrize("name", FIRST)
def test_what_was_never_recorded_is_recorded_and_said(
    name: str, project: Path, rehearsed: list[list[str]], ran: Ran, capfd: pytest.CaptureFixture[str]
) -> None:
    files, words, stages, notes = FIRST[name]
    for path, text in files.items():
        (project / path).write_text(text)
    adopt.main([*STEPS, "--", str(project), *words])
    assert ran == stages
    assert len(rehearsed) == 1
    out = capfd.readouterr().out.splitlines()
    assert [line for line in out if line.startswith(("locked: ", "recorded: "))] == notes
    assert all((project / path).read_text() == text for path, text in files.items())


def test_a_lock_that_cannot_be_made_is_said_and_rehearsed_all_the_same(
    project: Path, rehearsed: list[list[str]], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (project / "requirements.in").write_text("idna\n")
    monkeypatch.setattr(adopt, "_run_stage", lambda *_words: 3)
    assert adopt.main([*STEPS, "--", str(project), "--write"]) == 5
    assert len(rehearsed) == 1
    assert "locked: not requirements.in: see what compile_locks printed\n" in capfd.readouterr().out


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
    out = capfd.readouterr().out
    screen = out[out.index("WOULD BE REFUSED  widget 0.0.0 ") :].splitlines()
    assert len(screen) <= 25
    at = next(number for number, line in enumerate(screen) if line.startswith("next "))
    assert [line[10:12] for line in screen[at:] if line[10:11].isdigit()] == ["1.", "2.", "3."]
