"""Annotations of a run on GitHub: one for a cause, none that a stranger writes; and no secret on any way out."""

from __future__ import annotations

import argparse
import random
from pathlib import Path

import msgspec
import pytest

from ops.supply_chain.contracts.config.file import Config
from ops.supply_chain.core import canonical
from ops.supply_chain.formats.workflow_commands import MOST_OF_A_LEVEL
from ops.supply_chain.risk.findings.stage_errors import failure
from ops.supply_chain.runner.pipeline import Finished, StageEnd
from ops.supply_chain.sessions.one_screen import Ending, Words, show
from ops.supply_chain.sessions.stage_log import StageLog
from tests.core.test_tokens import BODY, KEYS, made
from tests.risk.findings.test_causes import BARE, CVE_1, finding, record

WORDS = Words(passed="PASS", refused="REFUSED", unexamined="NOT EXAMINED")


@pytest.fixture(autouse=True)
def on_github(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
    monkeypatch.chdir(tmp_path)


def shown(
    root: Path, *, more: tuple[str, ...] = (), log: StageLog | None = None, public: bool = False, form: str = "text"
) -> None:
    shared = argparse.Namespace(format=form, public_log=public, verbose=False)
    ending = Ending(
        root=root,
        dist=root / "dist",
        config=Config(),
        subject="demo 1",
        words=WORDS,
        again="nox -s release",
        more=tuple(failure(title, ["Do it."]) for title in more),
    )
    show(Finished(4, "", ("check_locks",), ()), ending, log, shared)


def commands(capfd: pytest.CaptureFixture[str]) -> list[str]:
    captured = capfd.readouterr()
    assert not [line for line in captured.out.splitlines() if line.strip().startswith("::")]
    return [line for line in captured.err.splitlines() if line.startswith("::")]


def test_there_is_one_for_each_cause_with_its_place(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    down = finding("malware.not-examined", "the feed is 100% old", severity="info")
    note = finding("lock.note", "by the way", severity="info")
    canonical.write(tmp_path / "dist/records/check_locks.json", record("check_locks", BARE, CVE_1, down, note))
    shown(tmp_path)
    found = commands(capfd)
    assert [line.split("::")[1] for line in found] == [
        "error file=r.txt,line=4,title=sealwright%3A denies%2C high",
        f"error file={BARE.path},line={BARE.line},title=sealwright%3A denies%2C high",
        "warning title=sealwright%3A not examined",
        "notice title=sealwright%3A to know",
    ]
    assert found[0].endswith("::soup 1  CVE-1%0ADo it.")
    assert "100%25 old" in found[2]


@pytest.mark.parametrize(("where", "file"), [("sub", "sub/r.txt"), ("../elsewhere", "")])
def test_a_file_is_named_from_the_checkout(
    tmp_path: Path, where: str, file: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "checkout").mkdir()
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path / "checkout"))
    root = tmp_path / "checkout" / where
    canonical.write(root / "dist/records/check_locks.json", record("check_locks", CVE_1))
    shown(root)
    [line] = commands(capfd)
    assert (f"file={file},line=4," in line) if file else ("file=" not in line)


def test_no_level_has_more_than_the_runner_takes(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    shown(tmp_path, more=tuple(f"cause {number}" for number in range(14)))
    assert len(commands(capfd)) == MOST_OF_A_LEVEL


@pytest.mark.parametrize(("public", "form"), [(True, "text"), (False, "json")])
def test_in_public_and_beside_a_document_there_is_none(
    tmp_path: Path, form: str, capfd: pytest.CaptureFixture[str], *, public: bool
) -> None:
    canonical.write(tmp_path / "dist/records/check_locks.json", record("check_locks", CVE_1))
    shown(tmp_path, public=public, form=form)
    assert commands(capfd) == []


def test_elsewhere_there_is_none(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GITHUB_ACTIONS")
    shown(tmp_path, more=("a cause",))
    assert commands(capfd) == []


def test_what_a_stranger_wrote_is_no_command(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    forged = "x\n::error::forged ##[error]forged\r::add-mask::a"
    canonical.write(tmp_path / "dist/records/check_locks.json", record("check_locks", finding("lock.odd", forged)))
    shown(tmp_path, more=("w " * 36 + "::warning::forged",))
    captured = capfd.readouterr()
    lines = [*captured.out.splitlines(), *captured.err.splitlines()]
    assert not [line for line in lines if line.lstrip().startswith("::") and not line.startswith("::error ")]
    assert "##[" not in captured.out


@pytest.mark.parametrize("public", [True, False])
def test_no_token_and_no_key_gets_out(tmp_path: Path, capfd: pytest.CaptureFixture[str], *, public: bool) -> None:
    secrets = {**made(random.Random(9)), **KEYS}  # noqa: S311 - cases, not secrets
    ends = [secret[-12:] if "PRIVATE KEY" not in secret else BODY[:20] for secret in secrets.values()]
    log = None if public else StageLog(tmp_path / "dist/log.txt", live=False)
    findings = [finding("lock.odd", f"{name} {secret}") for name, secret in secrets.items()]
    steps = [msgspec.structs.replace(entry, next_step=entry.message, path=entry.message) for entry in findings]
    canonical.write(tmp_path / "dist/records/check_locks.json", record("check_locks", *findings, *steps))
    for name, secret in secrets.items():
        if log is not None:
            log.ended(StageEnd("check_hashes", 4, f"{secret}\n", f"error: {secret}\n  next: {secret}\n", 0.1))
        shown(tmp_path, more=(f"{name} {secret}", secret), log=log, public=public)
    written = "".join(capfd.readouterr())
    written += "" if public else (tmp_path / "dist/log.txt").read_text()
    assert [end for end in ends if end in written] == []
    assert public or "****" in written
