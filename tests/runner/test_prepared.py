"""A stage that is forked from the prepared process is, to itself and to the session, what a new interpreter is."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO

import pytest

from ops.supply_chain.core.errors import ExitCode
from ops.supply_chain.runner import pipeline
from ops.supply_chain.runner.prepared import PREPARED_VARIABLE, ForkedStage, PreparedStages, prepared_for
from ops.supply_chain.runner.prepared_process import ALWAYS, ASKING, imported_for
from tests.fakes.signals import default_signals

PROBE = "tests.fakes.probe_stage"
STAGES = ("compare_sboms", "review_posture", "retain_artifacts")
VARIABLES = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "LC_ALL") if name in os.environ}

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="stages are forked on Linux only")


@pytest.fixture(scope="module")
def stages() -> Iterator[PreparedStages]:
    with pytest.MonkeyPatch.context() as patch, ExitStack() as stack:
        patch.setenv(PREPARED_VARIABLE, "1")
        found = stack.enter_context(prepared_for(STAGES, VARIABLES))
        assert found is not None
        yield found


def forked(stages: PreparedStages, *words: str, module: str = PROBE, **variables: str) -> ForkedStage:
    found = stages.start(module, words, {**VARIABLES, **variables}, stdout=True, stderr=True)
    assert isinstance(found, ForkedStage)
    return found


def both(
    stages: PreparedStages, *words: str, module: str = PROBE, **variables: str
) -> tuple[tuple[int, bytes | None, bytes | None], tuple[int, bytes | None, bytes | None]]:
    """Return code and outputs of a fork, and of a new interpreter."""
    fork = forked(stages, *words, module=module, **variables)
    outputs = fork.communicate()
    command = [sys.executable, "-Im", module, *words]
    new = subprocess.run(command, env={**VARIABLES, **variables}, capture_output=True, check=False)
    return (fork.returncode, *outputs), (new.returncode, new.stdout, new.stderr)


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("words", [("--help",), ("--no-such-option",)], ids=" ".join)
def test_a_stage_ends_and_writes_as_in_a_new_interpreter(
    stages: PreparedStages, stage: str, words: tuple[str, ...]
) -> None:
    fork, new = both(stages, *words, module=f"ops.supply_chain.{stage}")
    assert fork == new
    assert new[1] or new[2]


def test_it_has_the_state_of_a_new_process_whatever_ran_before(
    stages: PreparedStages, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    previous = os.umask(0o027), signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert forked(stages, "traces").communicate() == (b"", b"")
        fork, new = both(stages, "state", TZ="Asia/Tokyo", SOURCE_DATE_EPOCH="1", PYTHONHASHSEED="7")
    finally:
        os.umask(previous[0])
        signal.signal(signal.SIGHUP, previous[1])
    assert json.loads(fork[1] or b"") == json.loads(new[1] or b"")
    assert (fork[0], fork[2]) == (new[0], new[2]) == (0, b"")
    assert json.loads(fork[1] or b"")["zone"] == ["JST", "JST"]


def test_random_numbers_are_those_of_a_new_process(stages: PreparedStages) -> None:
    found = [forked(stages, "random").communicate()[0] for _ in range(3)]
    assert len(set(b" ".join(filter(None, found)).split())) == 6


@pytest.mark.parametrize(
    "words",
    [
        ("exit", "4"),
        ("exit", "300"),
        ("exit", "said at the end"),
        ("raise", "of nothing that is known"),
        ("killed", str(int(signal.SIGKILL))),
        ("killed", str(int(signal.SIGSEGV))),
        ("late",),
        ("much",),
    ],
    ids=" ".join,
)
def test_it_ends_as_a_new_interpreter_does(stages: PreparedStages, words: tuple[str, ...]) -> None:
    fork, new = both(stages, *words)
    assert (fork[0], fork[1]) == new[:2]
    said, expected = ((end[2] or b"").splitlines() for end in (fork, new))
    # A traceback has the frames of what runs a module, which differ.
    assert (said[:1], said[-1:]) == (expected[:1], expected[-1:])
    assert words[0] not in {"killed", "raise"} or fork[0] != 0


def test_out_of_memory_is_a_crash(stages: PreparedStages) -> None:
    fork, new = both(stages, "memory")
    assert fork[0] == new[0] == 1
    assert [(end[2] or b"").splitlines()[-1] for end in (fork, new)] == [b"MemoryError"] * 2


def test_a_module_that_is_not_there_is_reported_as_by_python(stages: PreparedStages) -> None:
    fork, new = both(stages, module="ops.supply_chain.no_such_stage")
    assert fork == new
    assert fork[0] == 1


def test_it_is_asked_to_end_and_a_signal_to_the_group_leaves_the_prepared_process(stages: PreparedStages) -> None:
    fork = forked(stages, "wait")
    fork.terminate()
    fork.communicate()
    assert fork.returncode == -signal.SIGTERM
    fork.terminate()  # of what has ended: no other process can have its descriptor
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        os.kill(stages._server.pid, number)
    assert forked(stages, "exit", "3").communicate() == (b"", b"")


def test_an_interrupt_of_the_group_waits_until_the_stage_can_handle_it(stages: PreparedStages) -> None:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        with default_signals():
            fork = forked(stages, "wait")
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    signal.pidfd_send_signal(fork._process, signal.SIGINT)
    out, err = fork.communicate()
    assert (fork.returncode, out) == (-signal.SIGINT, b"ready\n")
    assert (err or b"").endswith(b"KeyboardInterrupt\n")


def test_a_secret_is_in_the_stage_that_gets_it_and_in_no_other_process(stages: PreparedStages) -> None:
    secret = "canary-" + "7f3a" * 8
    fork = forked(stages, "state", SEALWRIGHT_INDEX_PASSWORD=secret)
    out, _ = fork.communicate()
    assert secret.encode() in (out or b"")
    assert secret.encode() not in Path(f"/proc/{stages._server.pid}/environ").read_bytes()
    assert not _in_memory(stages._server.pid, secret.encode())
    out, _ = forked(stages, "state").communicate()
    assert secret.encode() not in (out or b"")


def test_the_search_through_memory_finds_what_is_there() -> None:
    there = b"canary-" + b"-".join([b"here"] * 8)
    assert _in_memory(os.getpid(), there)


def _in_memory(pid: int, wanted: bytes) -> bool:
    regions = Path(f"/proc/{pid}/maps").read_text(encoding="utf-8").splitlines()
    try:
        with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
            spans = [region.split()[0].split("-") for region in regions if region.split()[1].startswith("rw")]
            return any(
                wanted in piece for start, end in spans for piece in _pieces(memory, int(start, 16), int(end, 16))
            )
    except PermissionError:
        pytest.skip("this system does not let a process read the memory of its child")


def _pieces(memory: IO[bytes], start: int, end: int) -> Iterator[bytes]:
    if end - start < 1 << 30:  # a larger one is reserved, and not used
        for position in range(start, end, 1 << 24):
            memory.seek(position)
            yield memory.read(min(end - position, (1 << 24) + 100))


def test_stages_at_the_same_time_have_their_own_streams_and_ends(stages: PreparedStages) -> None:
    running = [forked(stages, "exit", f"message {number}") for number in range(8)]
    assert [fork.communicate() for fork in running] == [(b"", f"message {number}\n".encode()) for number in range(8)]
    assert {fork.returncode for fork in running} == {1}


def test_streams_of_the_session_are_those_of_the_stage(
    stages: PreparedStages, capfd: pytest.CaptureFixture[str]
) -> None:
    fork = stages.start(PROBE, ["exit", "said to the terminal"], VARIABLES, stdout=False, stderr=False)
    assert fork is not None
    assert fork.communicate() == (None, None)
    assert capfd.readouterr() == ("", "said to the terminal\n")


def test_no_descriptor_is_left_open(stages: PreparedStages) -> None:
    def is_open() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    forked(stages, "exit", "0").communicate()
    before = is_open()
    for _ in range(3):
        forked(stages, "exit", "0").communicate()
    assert is_open() == before


def test_where_the_prepared_process_is_gone_nothing_passes_and_stages_start_as_new_interpreters(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(PREPARED_VARIABLE, "1")
    with prepared_for(STAGES, VARIABLES) as stages:
        assert stages is not None
        fork = forked(stages, "wait")
        assert fork._pipes[0] is not None
        assert os.read(fork._pipes[0], 100) == b"ready\n"
        stages._server.kill()
        stages._server.wait()
        fork.terminate()
        assert pipeline._wait(fork)[0] == ExitCode.CRASH
        again = pipeline._start(["compare_sboms", "--help"], VARIABLES, captured=True, prepared=stages)
        assert isinstance(again, subprocess.Popen)
        assert pipeline._wait(again)[0] == ExitCode.PASS


@pytest.mark.parametrize(
    ("names", "wanted", "platform"),
    [
        (STAGES, "0", "linux"),
        (STAGES[:2], "1", "linux"),
        (STAGES, "1", "win32"),
        (STAGES, "1", "darwin"),
    ],
)
def test_stages_start_as_new_interpreters_where_forks_are_not_wanted_or_not_safe(
    monkeypatch: pytest.MonkeyPatch, names: tuple[str, ...], wanted: str, platform: str
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setenv(PREPARED_VARIABLE, wanted)
    with prepared_for(names, VARIABLES) as stages:
        assert stages is None


def test_another_language_is_for_a_new_interpreter(stages: PreparedStages) -> None:
    assert stages.start(PROBE, ["state"], {**VARIABLES, "LC_ALL": "tr_TR.UTF-8"}, stdout=True, stderr=True) is None


def test_a_session_starts_its_stages_from_the_prepared_process(
    stages: PreparedStages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subprocess, "Popen", lambda *_, **__: pytest.fail("a new interpreter was started"))
    started = pipeline._start(["compare_sboms", "--help"], VARIABLES, captured=True, prepared=stages)
    code, out, _ = pipeline._wait(started)
    assert (code, out.startswith("usage: compare_sboms")) == (0, True)


def test_what_is_imported_ahead_starts_no_thread_and_leaves_no_file_open() -> None:
    code = (
        "import importlib, os, sys\n"
        "from ops.supply_chain import release_uses\n"
        "from ops.supply_chain.runner import prepared_process as server\n"
        "before = set(os.listdir('/proc/self/fd'))\n"
        "stages = [f'ops.supply_chain.{use.stage.script}' for step in release_uses() for use in step]\n"
        "for name in (*stages, *server.ALWAYS, *server.ASKING, *server.LATER): importlib.import_module(name)\n"
        "server.compile_report()\n"
        "assert len(os.listdir('/proc/self/task')) == 1\n"
        "assert set(os.listdir('/proc/self/fd')) == before\n"
        "from ops.supply_chain.assurance.report import html\n"
        "assert html._compiled.cache_info().currsize == 1\n"
        "missing = {'httpx', 'sigstore', 'regopy', 'jinja2', 'jsonschema_rs', 'sqlite3', 'filelock'} - set(sys.modules)\n"
        "assert not missing, missing"
    )
    done = subprocess.run([sys.executable, "-Ic", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_stage_is_imported_before_its_fork_and_with_it_what_all_of_its_kind_import() -> None:
    assert imported_for("ops.supply_chain.check_hashes") == ("ops.supply_chain.check_hashes", *ALWAYS, *ASKING)
    assert imported_for("ops.supply_chain.generate_vex") == ("ops.supply_chain.generate_vex", *ALWAYS)


def test_more_stages_than_have_a_number_start_all_the_same(stages: PreparedStages) -> None:
    """A stage that the prepared process was not given is imported by its fork."""
    fork, new = both(stages, "--help", module="ops.supply_chain.draft_tea")
    assert fork == new
    assert fork[0] == 0
