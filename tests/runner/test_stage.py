"""One way to be a stage: record, exit code, output, lock, interruption."""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from ops.supply_chain.contracts.files.record import Record
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.core import canonical
from ops.supply_chain.core.errors import ExitCode, InputError, OutputError, StageError, UnavailableError, UsageError
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.runner.context import StageResult, StageRun
from ops.supply_chain.runner.dist_lock import LOCK_NAME
from ops.supply_chain.runner.stage import run_stage
from tests.fakes.signals import default_signals, ignored

DOC = "Try the runner.\n\nReads   nothing\n"
FINDING = Finding(
    code="lock.unhashed", severity=Severity.HIGH, message="no hash", next_step="Lock again.", package="idna"
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    root.mkdir()
    (root / "pyproject.toml").write_text('[project]\nname = "thing"\nversion = "1.0"\n')
    return root


@pytest.fixture
def call(project: Path, tmp_path: Path) -> Callable[..., int]:
    def run(body: Callable[[StageRun], StageResult], *options: str, records: bool = True) -> int:
        words = ["--project", str(project), "--dist", str(tmp_path / "dist"), *options]
        return run_stage("try_runner", DOC, _arguments, body, words, records=records)

    return run


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--more", action="store_true")


def _result(outcome: Outcome = Outcome.PASS) -> StageResult:
    return StageResult(outcome=outcome, text="the result", counts={"locked": 2, "examined": 1}, findings=(FINDING,))


def _record(tmp_path: Path) -> Record:
    return canonical.read(tmp_path / "dist" / "records" / "try_runner.json", Record)


@pytest.mark.parametrize(("outcome", "code"), [(Outcome.PASS, 0), (Outcome.FAIL, 4), (Outcome.NOT_EXAMINED, 5)])
def test_each_outcome_has_its_code_and_is_recorded(
    call: Callable[..., int], tmp_path: Path, outcome: Outcome, code: int
) -> None:
    assert call(lambda _run: _result(outcome)) == code
    record = _record(tmp_path)
    assert (record.stage, record.component, record.version, record.outcome) == ("try_runner", "thing", "1.0", outcome)
    assert record.findings == (FINDING,)
    assert record.counts == {"locked": 2, "examined": 1}
    assert record.invocation.startswith("urn:uuid:")


ERRORS = [(UsageError, 2), (InputError, 3), (UnavailableError, 5), (OutputError, 6)]


@pytest.mark.parametrize(("kind", "code"), ERRORS)
def test_each_error_has_its_code_and_is_told_with_advice(
    call: Callable[..., int], capfd: pytest.CaptureFixture[str], kind: type[StageError], code: int
) -> None:
    def body(_run: StageRun) -> StageResult:
        raise kind("a.txt:3: bad", hint="Mend it.")

    assert call(body) == code
    assert capfd.readouterr() == ("", "error: a.txt:3: bad\n  next: Mend it.\n")


def test_an_unavailable_system_leaves_a_record_that_says_not_examined_and_no_path(
    call: Callable[..., int], tmp_path: Path
) -> None:
    def body(_run: StageRun) -> StageResult:
        raise UnavailableError(f"{tmp_path}: no answer")

    call(body)
    assert _record(tmp_path).outcome is Outcome.NOT_EXAMINED
    assert str(tmp_path) not in (tmp_path / "dist" / "records" / "try_runner.json").read_text()


@pytest.mark.parametrize("kind", [InputError, OutputError, RuntimeError, KeyboardInterrupt])
def test_a_stage_that_stops_leaves_no_record_of_an_earlier_run(
    call: Callable[..., int], tmp_path: Path, kind: type[BaseException]
) -> None:
    call(lambda _run: _result())

    def body(_run: StageRun) -> StageResult:
        raise kind("stop")

    assert call(body) in {3, 6, 1, 130}
    assert not (tmp_path / "dist" / "records" / "try_runner.json").exists()


def test_a_crash_is_one_and_shows_the_trace(call: Callable[..., int], capfd: pytest.CaptureFixture[str]) -> None:
    def body(_run: StageRun) -> StageResult:
        raise ZeroDivisionError("made up")

    assert call(body) == ExitCode.CRASH
    assert "ZeroDivisionError: made up" in capfd.readouterr().err


def test_findings_and_notes_are_rendered_by_the_runner(
    call: Callable[..., int], capfd: pytest.CaptureFixture[str]
) -> None:
    def gate(_run: StageRun) -> StageResult:
        return StageResult(outcome=Outcome.FAIL, counts={"locked": 2, "examined": 1}, findings=(FINDING,), notes=("n",))

    findings = "\nHIGH\n  idna  lock.unhashed\n    what: no hash\n    next: Lock again.\n"
    call(gate)
    assert capfd.readouterr().out == f"try_runner: fail\n2 locked, 1 examined; 1 open, 0 waived\n{findings}\nnote: n\n"
    call(lambda _run: _result())
    assert capfd.readouterr().out == f"the result\n{findings}"


def test_stdout_is_the_result_alone(call: Callable[..., int], capfd: pytest.CaptureFixture[str]) -> None:
    def body(_run: StageRun) -> StageResult:
        print("stray")
        os.write(1, b"native stray\n")
        subprocess.run(["echo", "child stray"], check=True)
        return StageResult(outcome=Outcome.PASS, text="the result")

    call(body)
    out, err = capfd.readouterr()
    assert out == "the result\n"
    assert "native stray" in err
    assert "child stray" in err


def test_json_is_versioned_and_parses_whatever_strays(
    call: Callable[..., int], capfd: pytest.CaptureFixture[str]
) -> None:
    def body(_run: StageRun) -> StageResult:
        os.write(1, b"native stray\n")
        return StageResult(outcome=Outcome.PASS, text="t", document={"answer": 42})

    call(body, "--format", "json")
    shown = json.loads(capfd.readouterr().out)
    assert shown["schema"] == "stage-result/1"
    assert shown["record"]["schema"] == "record/1"
    assert shown["result"] == {"answer": 42}


def test_text_is_cleaned_of_credentials_and_control_characters(
    call: Callable[..., int], capfd: pytest.CaptureFixture[str]
) -> None:
    call(lambda _run: StageResult(outcome=Outcome.PASS, text="see https://u:p@h/\n\x1b[31mred\r::error::x"))
    assert capfd.readouterr().out == "see https://h/\n?[31mred?: :error: :x\n"


NAME = "sekret-package"
LEAKS: dict[str, Callable[[], object]] = {
    "print": lambda: print(NAME),
    "descriptor 1": lambda: os.write(1, NAME.encode()),
    "descriptor 2": lambda: os.write(2, NAME.encode()),
    "child": lambda: subprocess.run(["sh", "-c", f"echo {NAME}; echo {NAME} >&2"], check=True),
    "logging": lambda: __import__("logging").getLogger("third.party").error(NAME),
    "warning": lambda: __import__("warnings").warn(NAME, stacklevel=1),
    "crash": lambda: (_ for _ in ()).throw(RuntimeError(NAME)),
    "input error": lambda: (_ for _ in ()).throw(InputError(NAME, hint=NAME)),
    "unavailable": lambda: (_ for _ in ()).throw(UnavailableError(NAME, hint=NAME)),
    "interrupt": lambda: (_ for _ in ()).throw(KeyboardInterrupt(NAME)),
}


@pytest.mark.parametrize("leak", LEAKS.values(), ids=LEAKS)
@pytest.mark.parametrize("form", ["text", "json"])
def test_a_public_log_holds_counts_and_outcomes_only(
    call: Callable[..., int], capfd: pytest.CaptureFixture[str], tmp_path: Path, leak: Callable[[], object], form: str
) -> None:
    def body(_run: StageRun) -> StageResult:
        leak()
        return StageResult(outcome=Outcome.FAIL, text=NAME, counts={"findings": 1}, document={"x": NAME})

    call(body, "--public-log", "--verbose", "--format", form)
    out, err = capfd.readouterr()
    assert NAME not in out + err
    assert str(tmp_path) not in out + err
    assert "thing" not in out + err


def test_a_public_log_says_the_outcome(call: Callable[..., int], capfd: pytest.CaptureFixture[str]) -> None:
    call(lambda _run: _result(Outcome.FAIL), "--public-log")
    assert capfd.readouterr() == ("try_runner: fail (examined 1, locked 2)\n", "")


@pytest.mark.parametrize("option", [f"--{NAME}", f"--format={NAME}", NAME])
def test_a_wrong_command_line_does_not_leak_in_public(
    call: Callable[..., int], capfd: pytest.CaptureFixture[str], option: str
) -> None:
    assert call(lambda _run: _result(), "--public-log", option) == ExitCode.USAGE
    assert capfd.readouterr() == ("", "error: exit 2 (wrong command line)\n")


def test_a_wrong_command_line_is_told_otherwise(call: Callable[..., int], capfd: pytest.CaptureFixture[str]) -> None:
    assert call(lambda _run: _result(), "--zz") == ExitCode.USAGE
    assert capfd.readouterr().err == ("error: unrecognized arguments: --zz\n  next: See nox -s try_runner -- --help.\n")
    assert call(lambda _run: _result(), "--projct=x") == ExitCode.USAGE
    assert capfd.readouterr().err == (
        "error: unrecognized arguments: --projct=x\n  next: The nearest option is --project. See nox -s try_runner -- --help.\n"
    )


def test_a_folder_of_somebody_else_is_not_taken_for_dist(
    call: Callable[..., int], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist" / "thesis.docx").write_text("x")
    assert call(lambda _run: _result()) == ExitCode.USAGE
    assert "is not empty and was not made by sealwright" in capfd.readouterr().err
    assert [path.name for path in (tmp_path / "dist").iterdir()] == ["thesis.docx"]


def test_two_runs_on_one_dist_are_refused(
    call: Callable[..., int], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    from filelock import FileLock

    call(lambda _run: _result())
    with FileLock(tmp_path / "dist" / LOCK_NAME):
        assert call(lambda _run: _result()) == ExitCode.USAGE
    assert "another run is working there" in capfd.readouterr().err


def test_a_missing_project_is_a_usage_error(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    code = run_stage("s", DOC, _arguments, lambda _run: _result(), ["--project", str(tmp_path / "none")], records=True)
    assert code == ExitCode.USAGE
    assert "is not a folder" in capfd.readouterr().err


def test_a_ctrl_c_before_the_stage_can_answer_is_answered_then(project: Path, tmp_path: Path, repository: Path) -> None:
    """The pipeline starts its stages with SIGINT blocked: one that came during the imports must not be lost."""
    script = textwrap.dedent(
        """
        import os, signal, sys, time
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        os.kill(os.getpid(), signal.SIGINT)
        from ops.supply_chain.runner.stage import run_stage
        sys.exit(run_stage("try_runner", "Doc.", lambda parser: None, lambda run: time.sleep(60), records=True))
        """
    )
    words = ["--project", str(project), "--dist", str(tmp_path / "dist")]
    with default_signals():
        done = subprocess.run(
            [sys.executable, "-c", script, *words], cwd=repository, capture_output=True, check=False, timeout=20
        )
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"interrupted\n")


def started(project: Path, dist: Path, repository: Path) -> subprocess.Popen[bytes]:
    """Start a stage that waits, and return when it does."""
    script = textwrap.dedent(
        """
        import sys, time
        from ops.supply_chain.runner.stage import run_stage
        def body(run):
            sys.stderr.write("ready\\n"); sys.stderr.flush()
            time.sleep(60)
        sys.exit(run_stage("try_runner", "Doc.", lambda parser: None, body, records=True))
        """
    )
    words = ["--project", str(project), "--dist", str(dist)]
    process = subprocess.Popen(
        [sys.executable, "-c", script, *words], cwd=repository, stderr=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stderr is not None
    assert process.stderr.readline() == b"ready\n"
    return process


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_stage_exits_130_and_leaves_no_record(
    project: Path, tmp_path: Path, repository: Path, sent: signal.Signals
) -> None:
    with default_signals():
        process = started(project, tmp_path / "dist", repository)
    process.send_signal(sent)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (130, b"", b"interrupted\n")
    assert not (tmp_path / "dist" / "records" / "try_runner.json").exists()


def test_a_stage_in_the_background_is_not_ended_by_the_ctrl_c_of_another_program(
    project: Path, tmp_path: Path, repository: Path
) -> None:
    """`stage &` in a script, `nohup stage`: what was ignored when it started stays ignored. SIGTERM ends it."""
    with ignored(signal.SIGINT, signal.SIGHUP):
        process = started(project, tmp_path / "dist", repository)
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGHUP)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(timeout=0.3)
    process.terminate()
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (130, b"", b"interrupted\n")


def test_a_command_without_a_record_needs_no_dist(call: Callable[..., int], tmp_path: Path) -> None:
    assert call(lambda _run: _result(), records=False) == 0
    assert not (tmp_path / "dist").exists()
