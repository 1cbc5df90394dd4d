"""A clock that goes back within a run is reported, whatever else the stage found."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ops.supply_chain.contracts.files.record import Record
from ops.supply_chain.core import canonical
from ops.supply_chain.core.errors import ExitCode
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.runner.context import StageResult
from ops.supply_chain.runner.dist_lock import HOLDER_VARIABLE
from ops.supply_chain.runner.setbacks import WENT_BACK, finished_stages, setbacks
from ops.supply_chain.runner.stage import run_stage

NOW = datetime(2026, 11, 28, 12, 0, 0, tzinfo=UTC)
RUN = "urn:uuid:1"


def later(seconds: int) -> datetime:
    return NOW + timedelta(seconds=seconds)


def record(folder: Path, stage: str, finished: str, invocation: str = RUN) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{stage}.json").write_text(json.dumps({"stage": stage, "invocation": invocation, "finished": finished}))


@pytest.mark.parametrize(("seconds", "found"), [(0, 0), (3600, 0), (-2, 0), (-3, 1), (-86400, 1)])
def test_within_a_stage(seconds: int, found: int) -> None:
    assert len(setbacks(NOW, later(seconds), invocation=RUN, records=None)) == found


@pytest.mark.parametrize(("finished", "found"), [("12:00:02Z", 0), ("12:00:03Z", 1), ("11:59:59Z", 0)])
def test_since_another_stage_of_the_run(tmp_path: Path, finished: str, found: int) -> None:
    record(tmp_path, "check_locks", f"2026-11-28T{finished}")
    assert len(setbacks(NOW, NOW, invocation=RUN, records=tmp_path)) == found
    assert setbacks(NOW, NOW, invocation="urn:uuid:2", records=tmp_path) == ()


@pytest.mark.parametrize(("now", "found"), [(20, 0), (8, 0), (7, 1)])
def test_a_stage_at_the_same_time_may_finish_after_this_one_started(tmp_path: Path, now: int, found: int) -> None:
    record(tmp_path, "check_malware", "2026-11-28T12:00:10Z")
    assert finished_stages(tmp_path, invocation=RUN) == {"check_malware"}
    assert finished_stages(None, invocation=RUN) == frozenset()
    assert len(setbacks(NOW, later(now), invocation=RUN, records=tmp_path, earlier=())) == found
    assert len(setbacks(NOW, later(now), invocation=RUN, records=tmp_path, earlier={"check_malware"})) == 1


def test_it_says_what_was_later(tmp_path: Path) -> None:
    record(tmp_path, "check_locks", "2026-11-28T13:00:00Z")
    record(tmp_path, "check_hashes", "2026-11-28T11:00:00Z")
    (tmp_path / "broken.json").write_text("{")
    record(tmp_path, "odd", "yesterday")
    (finding,) = setbacks(NOW, later(60), invocation=RUN, records=tmp_path)
    assert finding.code == WENT_BACK
    assert finding.message.endswith(
        "check_locks finished at 2026-11-28T13:00:00Z, and later it was 2026-11-28T12:00:00Z"
    )


@pytest.mark.parametrize("outcome", list(Outcome))
def test_a_stage_does_not_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, outcome: Outcome) -> None:
    (tmp_path / "project").mkdir()
    readings: Iterator[datetime] = iter([NOW, later(-60)])
    monkeypatch.setattr("ops.supply_chain.runner.stage.read_clock", lambda: next(readings))
    words = ["--project", str(tmp_path / "project"), "--dist", str(tmp_path / "dist"), "--version", "1"]
    code = run_stage(
        "try_runner", "Try.", lambda _parser: None, lambda _run: StageResult(outcome=outcome), words, records=True
    )
    assert code == ExitCode.DENIED
    found = canonical.read(tmp_path / "dist" / "records" / "try_runner.json", Record)
    assert (found.outcome, [finding.code for finding in found.findings]) == (Outcome.FAIL, [WENT_BACK])


def test_the_stages_of_a_run_are_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "project").mkdir()
    (tmp_path / "dist").mkdir()
    monkeypatch.setenv(HOLDER_VARIABLE, RUN)
    record(tmp_path / "dist" / "records", "check_locks", "2026-11-28T13:00:00Z")
    monkeypatch.setattr("ops.supply_chain.runner.stage.read_clock", lambda: NOW)
    words = ["--project", str(tmp_path / "project"), "--dist", str(tmp_path / "dist"), "--version", "1"]
    code = run_stage("try_runner", "Try.", lambda _parser: None, lambda _run: StageResult(outcome=Outcome.PASS), words)
    assert code == ExitCode.DENIED
