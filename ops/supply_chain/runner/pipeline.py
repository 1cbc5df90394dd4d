"""Run stage scripts in order, some at the same time, as one run on one `dist/`.

    python -Im ops.supply_chain.runner.pipeline "generate_sbom" "check_a & check_b" -- OPTIONS

Each step is a stage's command line without the interpreter; ` & ` joins steps that run at the same time.
Options after `--` go to each stage that has them; an option that no stage has is an error, and so is a wrong
configuration: both are reported once, before the first stage starts. The run holds the lock of `dist/`, removes the output
of earlier runs there except an assembled release, and ends at the first stage that does not pass. A gate that does not
pass does not end the run; its exit code becomes that of the run.
"""

from __future__ import annotations

if __name__ == "__main__":
    from ops.supply_chain.runner.handover import restart_for_stages

    restart_for_stages()

import argparse
import json
import os
import shlex
import signal
import subprocess
import sys
import threading
import time
import traceback
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path
from types import FrameType
from typing import NamedTuple, Protocol

from ops.supply_chain import record_titles, release_uses, row_of
from ops.supply_chain.core.errors import ExitCode
from ops.supply_chain.core.start import start_words
from ops.supply_chain.core.variables import stage_variables
from ops.supply_chain.runner.arguments import absolute, named_artifacts, named_project, parser_for
from ops.supply_chain.runner.dist_folder import hold_for
from ops.supply_chain.runner.dist_lock import HOLDER_VARIABLE, clear
from ops.supply_chain.runner.failures import system_failure
from ops.supply_chain.runner.handover import held_secrets, hidden_options
from ops.supply_chain.runner.option_routing import route
from ops.supply_chain.runner.preflight import CheckedProject, check_session
from ops.supply_chain.runner.prepared import PreparedStages, StartedStage, prepared_for
from ops.supply_chain.runner.streams import advise_for, print_error, print_result, require_streams

KNOWN_CODES = frozenset(int(code) for code in ExitCode)
POLICY_STAGE = "evaluate_policy"
"""Decides over the records of the gates; a rehearsal continues after its denial too."""


class StageEnd(NamedTuple):
    """How a stage of a run ended: its exit code, its result, what it wrote to stderr, and how long it took in seconds.

    `words` are the options that the session gives it in this place: a stage may have two.
    """

    stage: str
    code: int
    output: str
    messages: str
    seconds: float
    words: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """What it is called while the session runs."""
        return label_of([self.stage, *self.words])

    @property
    def record(self) -> str:
        """Name of the record that it leaves; empty where it leaves none."""
        uses = [use for step in release_uses() for use in step if use.command == " ".join([self.stage, *self.words])]
        name = uses[0].name if uses else self.stage
        return name if name in record_titles() else ""


class Watcher(Protocol):
    """Gets what the stages of a run write instead of the terminal."""

    def started(self, stages: Sequence[str]) -> None:
        """Stages that run at the same time have started."""

    def ended(self, end: StageEnd) -> None:
        """One of them has ended; may come from several threads, one call at a time."""

    def paused(self) -> None:
        """None of them runs any more, however they ended."""


class Manner(NamedTuple):
    """How the steps of a run are carried out.

    `rehearsal`: a denial by a gate or by the policy neither ends the run nor decides its exit code. `also_clear` are
    further folders of earlier runs that are removed first. `watcher` gets what the stages write; None leaves it to the
    terminal. `closing` are stages that run at the end however the run ended, and do not change how, as command lines.
    `prepared` starts the stages, where the session has prepared them before; None prepares them.
    """

    rehearsal: bool = False
    also_clear: Sequence[Path] = ()
    watcher: Watcher | None = None
    closing: Sequence[str] = ()
    prepared: PreparedStages | None = None


PLAINLY = Manner()


class Finished(NamedTuple):
    """How a run ended.

    `code` is the run's exit code. `stopped` is the stage that ended it early, empty if none did. `refused` are the stages
    that did not pass and did not end the run. `documents` are the stages' JSON results if they were captured.
    """

    code: int
    stopped: str
    refused: tuple[str, ...]
    documents: tuple[str, ...]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the steps given on the command line.

    Returns:
        The exit code of the stage that ended the run, else that of the first gate that did not pass, else 0.
    """
    steps, options = command_line(argv)
    return guarded(options, lambda: _main(steps, options))


def _main(steps: Sequence[str], options: Sequence[str]) -> int:
    finished = carry_out(steps, options, {**os.environ, **held_secrets()})
    if shared_options(options).format == "json":
        print_result(run_document(finished), document=True)
    return finished.code


def command_line(argv: Sequence[str] | None) -> tuple[list[str], list[str]]:
    """Split the command line into the steps and the options, those hidden in the environment included."""
    words = list(sys.argv[1:] if argv is None else argv)
    split = words.index("--") if "--" in words else len(words)
    return words[:split], [*words[split + 1 :], *hidden_options()]


def guarded(options: Sequence[str], work: Callable[[], int]) -> int:
    """Do the work of a command line, and turn errors into exit codes."""
    public = "--public-log" in options
    try:
        require_streams()
        return work()
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except Exception as error:
        failure = system_failure(error)
        if failure is None:  # a crash is a defect in sealwright: it has its own exit code
            print_error("error: crash" if public else traceback.format_exc())
            return ExitCode.CRASH
        print_error(failure.public() if public else failure.described())
        return failure.exit_code


def shared_options(options: Sequence[str]) -> argparse.Namespace:
    """Read the options that every stage shares, and ignore the others."""
    known, _ = parser_for("pipeline", __doc__ or "").parse_known_args(list(options))
    advise_for(named_project(known), named_artifacts(known))
    return known


def carry_out(
    steps: Sequence[str],
    options: Sequence[str],
    environment: Mapping[str, str],
    manner: Manner = PLAINLY,
    *,
    checked: CheckedProject | None = None,
) -> Finished:
    """Run steps on their `dist/`, which is locked and emptied first, except for an assembled release.

    Args:
        steps: As on the command line.
        options: For the stages that have them.
        environment: Environment variables; each stage gets those that it may see.
        manner: How they are carried out.
        checked: The project, where the session has checked it already.
    Raises:
        StageError: The command line or the configuration is wrong, or `dist/` cannot be used.
    """
    groups = [[shlex.split(step) for step in group.split(" & ")] for group in steps]
    last = [shlex.split(step) for step in manner.closing]
    stages = [step[0] for group in [*groups, last] for step in group]
    with (
        nullcontext(manner.prepared)
        if manner.prepared
        else prepared_for([*steps, *manner.closing], environment) as prepared
    ):
        shared = shared_options(options)
        route(stages, options)
        found = checked or check_session(shared)
        if shared.dist is None or absolute(shared.dist) != found.dist:
            options = [*options, "--dist", str(found.dist)]
        routed = route(stages, options)
        with hold_for(found.dist, found.project.root):
            clear(found.dist, manner.also_clear)
            run = _Run(routed, environment, manner._replace(prepared=prepared), captured=shared.format == "json")
            finished = run.carry_out(groups)
            for step in last:
                list(run.together([step]))
            return finished


class _Run:
    """One run: its options by stage, its environment, and who gets what the stages write."""

    def __init__(
        self,
        routed: Mapping[str, Sequence[str]],
        environment: Mapping[str, str],
        manner: Manner,
        *,
        captured: bool,
    ) -> None:
        self._routed = routed
        self._environment = {**environment, HOLDER_VARIABLE: f"urn:uuid:{uuid.uuid4()}"}
        self._watcher = manner.watcher
        self._prepared = manner.prepared
        self._captured = captured
        self._rehearsal = manner.rehearsal

    def carry_out(self, groups: Sequence[Sequence[Sequence[str]]]) -> Finished:
        """Run groups of steps until one ends the run."""
        documents: list[str] = []
        refused: dict[str, int] = {}
        for group in groups:
            for stage, code, output in self.together(group):
                documents.append(output)
                if code == ExitCode.PASS:
                    continue
                if not _goes_on(stage, code, rehearsal=self._rehearsal):
                    return Finished(_final(code, refused), stage, tuple(refused), tuple(documents))
                refused.setdefault(stage, code)
        code = 0 if self._rehearsal else next(iter(refused.values()), 0)
        return Finished(code, "", tuple(refused), tuple(documents))

    def together(self, group: Sequence[Sequence[str]]) -> Iterator[tuple[str, int, str]]:
        """Run steps at the same time; yield stage, exit code and result in their order."""
        commands = [[*step, *self._routed[step[0]]] for step in group]
        captured = self._captured or len(commands) > 1
        for command, (code, output) in zip(
            commands, _run_group(group, commands, self._start, self._watcher, captured=captured), strict=True
        ):
            if not self._captured and self._watcher is None:
                print_result(output)
            yield command[0], code, output

    def _start(self, command: Sequence[str], *, captured: bool) -> StartedStage:
        watched = self._watcher is not None
        return _start(command, self._environment, captured=captured, watched=watched, prepared=self._prepared)


def _goes_on(stage: str, code: int, *, rehearsal: bool) -> bool:
    if row_of(stage).gate:
        return code in (ExitCode.DENIED, ExitCode.NOT_EXAMINED, ExitCode.INPUT)
    # A policy that cannot be read decided nothing: not even a rehearsal goes on from there.
    return rehearsal and stage == POLICY_STAGE and code in (ExitCode.DENIED, ExitCode.NOT_EXAMINED)


def _final(code: int, refused: Mapping[str, int]) -> int:
    """Return the code of a session that a stage ended: a denial by a gate outweighs what could not be read or asked."""
    hidden = code in (ExitCode.INPUT, ExitCode.NOT_EXAMINED) and ExitCode.DENIED in refused.values()
    return ExitCode.DENIED if hidden else code


def run_document(finished: Finished, **more: object) -> str:
    """Write the JSON document of a captured run.

    Args:
        finished: How it ended.
        more: Further members.
    """
    stages = [json.loads(text) for text in finished.documents if text.strip()]
    document = {"schema": "run/1", "stages": stages, **more}
    return json.dumps(document, sort_keys=True, indent=2, ensure_ascii=False)


def label_of(step: Sequence[str]) -> str:
    """Return what a step is called while a session runs: its stage, and where a stage has two places, which one it is."""
    uses = [use for group in release_uses() for use in group if use.stage.script == step[0]]
    if len(uses) < 2:  # noqa: PLR2004 - two places
        return step[0]
    first = " ".join(step) == uses[0].command
    return f"{step[0]} ({'records' if first else ' '.join(step[1:]).strip('- ')})"


def _run_group(
    group: Sequence[Sequence[str]],
    commands: list[list[str]],
    start: Callable[..., StartedStage],
    watcher: Watcher | None,
    *,
    captured: bool,
) -> list[tuple[int, str]]:
    processes: list[StartedStage] = []
    received: list[int] = []
    telling = threading.Lock()
    began = time.monotonic()

    def stop(number: int, _frame: FrameType | None) -> None:
        received.append(number)
        _terminate(processes)

    def wait(step: Sequence[str], process: StartedStage) -> tuple[int, str]:
        code, output, messages = _wait(process)
        if watcher is not None:
            with telling:
                seconds = time.monotonic() - began
                watcher.ended(StageEnd(step[0], code, output, messages, seconds, tuple(step[1:])))
        return code, output

    if watcher is not None:
        watcher.started(list(map(label_of, group)))
    previous = signal.signal(signal.SIGTERM, stop)
    try:
        with ThreadPoolExecutor(max_workers=len(commands)) as pool:
            try:
                processes.extend(start(command, captured=captured) for command in commands)
                if received:
                    _terminate(processes)
                results = list(pool.map(wait, group, processes))
            except KeyboardInterrupt:
                _terminate(processes)
                raise
    finally:
        signal.signal(signal.SIGTERM, previous)
        if watcher is not None:
            watcher.paused()
    if received:
        # Whatever the stages' exit codes: a stage that was stopped during its imports has none of its own.
        raise KeyboardInterrupt
    return results


def _terminate(processes: list[StartedStage]) -> None:
    for process in processes:
        process.terminate()


def _start(
    command: Sequence[str],
    environment: Mapping[str, str],
    *,
    captured: bool,
    watched: bool = False,
    prepared: PreparedStages | None = None,
) -> StartedStage:
    module = f"ops.supply_chain.{command[0]}"
    variables = stage_variables(row_of(command[0]).secrets_for(command[1:]), environment)
    reads = captured or watched
    # A Ctrl-C reaches every process of the terminal, and a process that is still importing would print a traceback:
    # the stage starts with SIGINT blocked, and unblocks it once it can handle it.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        forked = prepared.start(module, command[1:], variables, stdout=reads, stderr=watched) if prepared else None
        return forked or subprocess.Popen(
            [sys.executable, *start_words(module), *command[1:]],
            stdout=subprocess.PIPE if reads else None,
            stderr=subprocess.PIPE if watched else None,
            env=variables,
        )
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _wait(process: StartedStage) -> tuple[int, str, str]:
    output, messages = ((data or b"").decode("utf-8", "replace") for data in process.communicate())
    return process.returncode if process.returncode in KNOWN_CODES else int(ExitCode.CRASH), output, messages


if __name__ == "__main__":
    raise SystemExit(main())
