"""One run of many stages: options find their stage, refusals stop or gather, nothing old survives."""

from __future__ import annotations

import argparse
import io
import os
import signal
import subprocess
import sys
import types
from collections.abc import Sequence
from pathlib import Path

import pytest

import ops.supply_chain as table
from ops.supply_chain import StageRow
from ops.supply_chain.core.errors import UsageError
from ops.supply_chain.runner import option_routing, pipeline
from ops.supply_chain.runner.option_routing import route

GATE = StageRow("try_gate", "", "", "", "", gate=True)
MAKER = StageRow("try_maker", "", "", "", "")
LAST = StageRow("try_last", "", "", "", "")


class _Child(subprocess.Popen[bytes]):
    """Stands for a started stage that ends with a code and has said something."""

    def __init__(self, code: int, said: bytes) -> None:
        self.returncode = code
        self._said = said

    def communicate(self, *_a: object, **_k: object) -> tuple[bytes, bytes]:
        return self._said, b""

    def __del__(self, *_a: object, **_k: object) -> None:
        return


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Stand-ins for three stages; `codes` in their environment tell how each ends. Returns the commands."""
    commands: list[list[str]] = []
    for row in (GATE, MAKER, LAST):
        module = types.ModuleType(f"ops.supply_chain.{row.script}")
        module.__doc__ = "A stand-in."
        module.arguments = _arguments_of(row.script)  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, module.__name__, module)
    for module_with_table in (table, option_routing):
        monkeypatch.setattr(module_with_table, "PIPELINE", (GATE, MAKER, LAST))
    return commands


def _arguments_of(script: str) -> object:
    def arguments(parser: argparse.ArgumentParser) -> None:
        parser.add_argument(f"--{script.replace('_', '-')}-value")
        parser.add_argument("--quick", action="store_true")
        parser.add_argument("files", nargs="*")

    return arguments


def _play(monkeypatch: pytest.MonkeyPatch, commands: list[list[str]], codes: dict[str, int]) -> None:
    def start(command: list[str], _: dict[str, str], *, captured: bool, watched: bool, prepared: object) -> _Child:
        commands.append(command)
        written = captured or watched
        return _Child(codes.get(command[0], 0), b'{"stage": "%s"}\n' % command[0].encode() if written else b"")

    monkeypatch.setattr(pipeline, "_start", start)


STEPS = ["try_gate", "try_maker", "try_last"]


def _run(tmp_path: Path, *options: str) -> int:
    return pipeline.main([*STEPS, "--", "--dist", str(tmp_path / "dist"), *options])


@pytest.mark.parametrize(
    ("codes", "code", "ran"),
    [
        ({}, 0, STEPS),
        ({"try_gate": 4}, 4, STEPS),
        ({"try_gate": 5}, 5, STEPS),
        ({"try_gate": 3}, 3, STEPS),
        ({"try_gate": 2}, 2, STEPS[:1]),
        ({"try_gate": 1}, 1, STEPS[:1]),
        ({"try_maker": 4}, 4, STEPS[:2]),
        ({"try_gate": 5, "try_last": 6}, 6, STEPS),
        ({"try_maker": -9}, 1, STEPS[:2]),
    ],
)
def test_a_gate_gathers_and_everything_else_stops(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    started: list[list[str]],
    codes: dict[str, int],
    code: int,
    ran: list[str],
) -> None:
    _play(monkeypatch, started, codes)
    assert _run(tmp_path) == code
    assert [command[0] for command in started] == ran


def test_an_option_goes_to_each_stage_that_knows_it(started: list[list[str]]) -> None:
    assert route(["check_hashes"], ["--bytes", "--record"]) == {"check_hashes": ["--bytes", "--record"]}
    assert route(["check_hashes"], ["--bytes", "changed"]) == {"check_hashes": ["--bytes", "changed"]}
    assert route(["check_hashes"], ["--bytes=changed"]) == {"check_hashes": ["--bytes=changed"]}
    routed = route(STEPS, ["--offline", "--try-gate-value", "3", "--try-last-value=--x", "--quick"])
    assert routed == {
        "try_gate": ["--offline", "--try-gate-value", "3", "--quick"],
        "try_maker": ["--offline", "--quick"],
        "try_last": ["--offline", "--try-last-value=--x", "--quick"],
    }


@pytest.mark.parametrize("options", [["--nobody"], ["stray"], ["--quick", "stray"], ["--try-gate-valu", "3"]])
def test_what_no_stage_knows_is_an_error(started: list[list[str]], options: list[str]) -> None:
    with pytest.raises(UsageError, match="no stage of this session has the option"):
        route(STEPS, options)


ADVICE = [
    ("--colour", "NO_COLOR=1"), ("--no-color", "FORCE_COLOR=1"), ("--versoin", "The nearest option is --version."),
    ("--try-last-value", "See nox -s try_last -- --help."), ("--wibble", "The shared options are listed with --help."),
]  # fmt: skip


@pytest.mark.parametrize(("option", "advice"), ADVICE)
def test_the_advice_on_an_option_names_what_has_it(started: list[list[str]], option: str, advice: str) -> None:
    with pytest.raises(UsageError) as caught:
        route(STEPS[:2], [option])
    assert advice in caught.value.hint


def test_a_stage_with_two_places_in_a_session_has_two_names() -> None:
    assert pipeline.label_of(["check_locks", "--reproducible"]) == "check_locks"
    assert pipeline.label_of(["evaluate_policy"]) == "evaluate_policy (records)"
    assert pipeline.label_of(["evaluate_policy", "--provenance"]) == "evaluate_policy (provenance)"
    end = pipeline.StageEnd("evaluate_policy", 0, "", "", 0.1, ("--provenance",))
    assert (end.label, end.record) == ("evaluate_policy (provenance)", "evaluate_policy_provenance")
    assert pipeline.StageEnd("check_locks", 0, "", "", 0.1, ("--reproducible",)).record == "check_locks"
    assert pipeline.StageEnd("report_findings", 0, "", "", 0.1).record == ""


def test_an_unknown_option_does_not_leak_in_public(
    tmp_path: Path, started: list[list[str]], capfd: pytest.CaptureFixture[str]
) -> None:
    assert _run(tmp_path, "--public-log", "--sekret") == 2
    assert capfd.readouterr() == ("", "error: exit 2 (wrong command line)\n")


def test_options_hidden_from_the_command_line_are_read_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, started: list[list[str]]
) -> None:
    _play(monkeypatch, started, {})
    monkeypatch.setenv("SEALWRIGHT_OPTIONS", f"--dist '{tmp_path / 'a b'}' --public-log")
    assert pipeline.main([*STEPS, "--"]) == 0
    assert started[0] == ["try_gate", "--dist", str(tmp_path / "a b"), "--public-log"]
    assert "SEALWRIGHT_OPTIONS" not in __import__("os").environ


def test_what_an_earlier_run_left_is_gone_before_the_first_stage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, started: list[list[str]]
) -> None:
    _play(monkeypatch, started, {})
    assert _run(tmp_path) == 0
    old = tmp_path / "dist" / "records" / "generate_sbom.json"
    old.parent.mkdir()
    old.write_text("{}")
    (tmp_path / "dist" / "mine.txt").write_text("kept")
    assert _run(tmp_path) == 0
    assert not old.exists()
    assert (tmp_path / "dist" / "mine.txt").read_text() == "kept"


def test_a_link_in_dist_is_removed_and_its_target_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, started: list[list[str]]
) -> None:
    _play(monkeypatch, started, {})
    assert _run(tmp_path) == 0
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "precious").write_text("x")
    (tmp_path / "dist" / "sbom").symlink_to(tmp_path / "elsewhere")
    assert _run(tmp_path) == 0
    assert (tmp_path / "elsewhere" / "precious").read_text() == "x"
    assert not (tmp_path / "dist" / "sbom").exists()


def test_json_is_one_document_for_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, started: list[list[str]], capfd: pytest.CaptureFixture[str]
) -> None:
    _play(monkeypatch, started, {"try_maker": 4})
    assert _run(tmp_path, "--format", "json") == 4
    import json

    assert json.load(io.StringIO(capfd.readouterr().out)) == {
        "schema": "run/1",
        "stages": [{"stage": "try_gate"}, {"stage": "try_maker"}],
    }


def test_steps_joined_by_an_ampersand_are_both_started_before_either_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, started: list[list[str]]
) -> None:
    _play(monkeypatch, started, {})
    seen: list[int] = []
    wait = pipeline._wait

    def count(process: subprocess.Popen[bytes]) -> tuple[int, str, str]:
        seen.append(len(started))
        return wait(process)

    monkeypatch.setattr(pipeline, "_wait", count)
    code = pipeline.main(["try_gate & try_maker", "try_last", "--", "--dist", str(tmp_path / "dist")])
    assert (code, seen) == (0, [2, 2, 3])


@pytest.mark.parametrize(
    ("codes", "code", "stopped", "refused"),
    [
        ({}, 0, "", ()),
        ({"try_gate": 4}, 0, "", ("try_gate",)),
        ({"try_gate": 5}, 0, "", ("try_gate",)),
        ({"try_gate": 3}, 0, "", ("try_gate",)),
        ({"try_gate": 2}, 2, "try_gate", ()),
        ({"try_maker": 4}, 4, "try_maker", ()),
        ({"try_gate": 5, "try_last": 6}, 6, "try_last", ("try_gate",)),
    ],
)
def test_a_rehearsal_goes_past_refusals_and_tells_them(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    started: list[list[str]],
    codes: dict[str, int],
    code: int,
    stopped: str,
    refused: tuple[str, ...],
) -> None:
    _play(monkeypatch, started, codes)
    finished = pipeline.carry_out(STEPS, ["--dist", str(tmp_path / "dist")], {}, pipeline.Manner(rehearsal=True))
    assert finished == pipeline.Finished(code, stopped, refused, ("",) * len(started))


@pytest.mark.parametrize(("rehearsal", "code", "ran"), [(True, 0, 3), (False, 4, 2)])
def test_only_a_rehearsal_goes_past_the_policy(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    started: list[list[str]],
    rehearsal: bool,
    code: int,
    ran: int,
) -> None:
    monkeypatch.setattr(pipeline, "POLICY_STAGE", "try_maker")
    _play(monkeypatch, started, {"try_maker": 4})
    finished = pipeline.carry_out(STEPS, ["--dist", str(tmp_path / "dist")], {}, pipeline.Manner(rehearsal=rehearsal))
    assert (finished.code, len(started)) == (code, ran)


def test_further_folders_are_cleared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, started: list[list[str]]) -> None:
    _play(monkeypatch, started, {})
    dist = tmp_path / "dist"
    pipeline.carry_out(STEPS, ["--dist", str(dist)], {})
    (dist / "artifacts/old").mkdir(parents=True)
    (dist / "mine").mkdir()
    pipeline.carry_out(
        STEPS, ["--dist", str(dist)], {}, pipeline.Manner(also_clear=[dist / "artifacts", dist / "never"])
    )
    assert not (dist / "artifacts").exists()
    assert (dist / "mine").exists()


def test_a_dist_below_a_dist_keeps_both_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, started: list[list[str]]
) -> None:
    _play(monkeypatch, started, {})
    inner = tmp_path / "dist" / "rehearsal"
    assert pipeline.main([*STEPS, "--", "--dist", str(inner)]) == 0
    (inner / "release").mkdir()
    assert _run(tmp_path) == 0
    assert (inner / "release").is_dir()
    (tmp_path / "elsewhere/mine").mkdir(parents=True)
    assert pipeline.main([*STEPS, "--", "--dist", str(tmp_path / "elsewhere")]) == 2


@pytest.mark.skipif(
    not Path("/proc/self/status").is_file(), reason="needs Linux, which lists the signals that a process blocks"
)
def test_a_stage_begins_with_ctrl_c_blocked_and_the_pipeline_does_not() -> None:
    process = pipeline._start(["compile_locks", "--help"], os.environ, captured=True)
    assert isinstance(process, subprocess.Popen)
    fields = dict(line.split(":", 1) for line in Path(f"/proc/{process.pid}/status").read_text().splitlines())
    process.communicate()
    assert int(fields["SigBlk"], 16) & 1 << signal.SIGINT - 1
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())


@pytest.mark.parametrize(
    ("code", "refused", "expected"),
    [(3, {"a": 4}, 4), (5, {"a": 4}, 4), (6, {"a": 4}, 6), (3, {"a": 5}, 3), (3, {}, 3)],
)
def test_a_denial_is_not_hidden_by_what_could_not_be_read(code: int, refused: dict[str, int], expected: int) -> None:
    assert pipeline._final(code, refused) == expected


def test_a_rehearsal_does_not_go_on_from_a_policy_that_cannot_be_read() -> None:
    assert pipeline._goes_on("evaluate_policy", 4, rehearsal=True)
    assert not pipeline._goes_on("evaluate_policy", 3, rehearsal=True)
    assert not pipeline._goes_on("evaluate_policy", 4, rehearsal=False)


def test_a_handover_that_nobody_made_is_no_crash(repository: Path) -> None:
    command = [sys.executable, "-m", "ops.supply_chain.runner.one", "check_locks", "--help"]
    environment = {**os.environ, "SEALWRIGHT_HANDOVER": "77"}
    done = subprocess.run(command, cwd=repository, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_help_runs_nothing_and_removes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, started: list[list[str]], capfd: pytest.CaptureFixture[str]
) -> None:
    _play(monkeypatch, started, {})
    (tmp_path / "dist/records").mkdir(parents=True)
    with pytest.raises(SystemExit) as ended:
        _run(tmp_path, "--help")
    assert (ended.value.code, started) == (0, [])
    assert capfd.readouterr().out.startswith("usage: ")
    assert (tmp_path / "dist/records").is_dir()


def test_an_assembled_release_stays_when_a_run_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, started: list[list[str]]
) -> None:
    _play(monkeypatch, started, {"try_gate": 2})
    assert _run(tmp_path) == 2
    kept = [tmp_path / "dist" / name for name in ("release/N-V-sbom.cdx.json", "verification/verification.json")]
    gone = tmp_path / "dist/records/check_locks.json"
    for path in (*kept, gone):
        path.parent.mkdir(parents=True)
        path.write_text("x")
    assert _run(tmp_path) == 2
    assert [path.read_text() for path in kept] == ["x", "x"]
    assert not gone.exists()


class Watching:
    def __init__(self) -> None:
        self.seen: list[object] = []

    def started(self, stages: Sequence[str]) -> None:
        self.seen.append(list(stages))

    def ended(self, end: pipeline.StageEnd) -> None:
        self.seen.append((end.stage, end.code, end.output))

    def paused(self) -> None:
        self.seen.append("paused")


def test_who_watches_gets_what_stages_write_and_the_terminal_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, started: list[list[str]], capfd: pytest.CaptureFixture[str]
) -> None:
    _play(monkeypatch, started, {"try_maker": 4})
    watching = Watching()
    manner = pipeline.Manner(watcher=watching, closing=("try_gate --quick",))
    finished = pipeline.carry_out(STEPS, ["--dist", str(tmp_path / "dist")], {}, manner)
    assert (finished.code, finished.stopped) == (4, "try_maker")
    gate = ("try_gate", 0, '{"stage": "try_gate"}\n')
    assert watching.seen == [
        ["try_gate"], gate, "paused",
        ["try_maker"], ("try_maker", 4, '{"stage": "try_maker"}\n'), "paused",
        ["try_gate"], gate, "paused",
    ]  # fmt: skip
    assert started[-1][:2] == ["try_gate", "--quick"]
    assert capfd.readouterr() == ("", "")


def test_a_closing_stage_does_not_change_how_the_run_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, started: list[list[str]]
) -> None:
    _play(monkeypatch, started, {"try_last": 1})
    manner = pipeline.Manner(watcher=Watching(), closing=("try_last",))
    assert pipeline.carry_out(STEPS[:2], ["--dist", str(tmp_path / "dist")], {}, manner).code == 0
