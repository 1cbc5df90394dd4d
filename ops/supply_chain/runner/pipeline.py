"""Run stage scripts in order, some at the same time, as one run on one `dist/`.

    python -Im ops.supply_chain.runner.pipeline "generate_sbom" "check_a & check_b" -- OPTIONS

Each step is a stage's command line without the interpreter; ` & ` joins steps that run at the same time.
Options after `--` go to each stage that knows them; one that no stage knows is an error. The run holds
the lock of `dist/`, removes what an earlier run left there, and ends at the first stage that does not
pass, save that a gate's refusal lets the rest gather (its code is then the run's).
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import shlex
import signal
import subprocess
import sys
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ops.supply_chain import row_of
from ops.supply_chain.core.errors import ExitCode, StageError, UsageError
from ops.supply_chain.core.text import without_credentials
from ops.supply_chain.runner.arguments import hidden_options, parser_for
from ops.supply_chain.runner.dist_lock import HOLDER_VARIABLE, clear, hold

KNOWN_CODES = frozenset(int(code) for code in ExitCode)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the steps that the command line names.

    Returns:
        The first code that stopped the run, else a gate's, else 0.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    split = words.index("--") if "--" in words else len(words)
    steps = words[:split]
    options = [*words[split + 1 :], *hidden_options()]
    try:
        groups = [[shlex.split(step) for step in group.split(" & ")] for group in steps]
        routed = route([step[0] for group in groups for step in group], options)
        shared = _shared(options)
        with hold(shared.dist.absolute()):
            clear(shared.dist.absolute())
            return _run(groups, routed, captured=shared.format == "json")
    except StageError as error:
        public = "--public-log" in options
        print(
            f"error: exit {int(error.exit_code)}" if public else without_credentials(error.described()), file=sys.stderr
        )
        return error.exit_code
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED


def route(stages: Sequence[str], options: Sequence[str]) -> dict[str, list[str]]:
    """Give each stage the options that it knows.

    Args:
        stages: Stage names.
        options: The command line; every option must be known to at least one stage.
    Returns:
        Stage name -> its options, in the order given.
    Raises:
        UsageError: An option that none knows, or a stray word.
    """
    flags = {stage: _flags(stage) for stage in stages}
    routed: dict[str, list[str]] = {stage: [] for stage in stages}
    position = 0
    while position < len(options):
        flag = options[position].split("=", 1)[0]
        takers = [stage for stage in flags if flag in flags[stage]]
        if not takers:
            raise UsageError(f"no stage of this session knows {flag!r}", hint="Give it to the session of its stage.")
        width = 1 + (flags[takers[0]][flag] if "=" not in options[position] else 0)
        for stage in takers:
            routed[stage] += options[position : position + width]
        position += width
    return routed


def _flags(stage: str) -> dict[str, int]:
    module = importlib.import_module(f"ops.supply_chain.{stage}")
    parser = parser_for(stage, module.__doc__ or stage)
    module.arguments(parser)
    return {
        flag: 0 if action.nargs == 0 else 1
        for action in parser._actions  # noqa: SLF001 - argparse has no public list of its options
        for flag in action.option_strings
    }


def _shared(options: Sequence[str]) -> argparse.Namespace:
    known, _ = parser_for("pipeline", __doc__ or "").parse_known_args(list(options))
    return known


def _run(groups: list[list[list[str]]], routed: dict[str, list[str]], *, captured: bool) -> int:
    environment = {**os.environ, HOLDER_VARIABLE: f"urn:uuid:{uuid.uuid4()}"}
    documents: list[str] = []
    gathered = int(ExitCode.PASS)
    for group in groups:
        commands = [[*step, *routed[step[0]]] for step in group]
        results = _run_group(commands, environment, captured=captured or len(commands) > 1)
        for command, (code, output) in zip(commands, results, strict=True):
            documents.append(output)
            if not captured:
                print(output, end="", flush=True)
            if code == ExitCode.PASS:
                continue
            if not (row_of(command[0]).gate and code in (ExitCode.DENIED, ExitCode.NOT_EXAMINED)):
                _emit(documents, captured=captured)
                return code
            gathered = gathered or code
    _emit(documents, captured=captured)
    return gathered


def _emit(documents: list[str], *, captured: bool) -> None:
    if captured:
        stages = [json.loads(text) for text in documents if text.strip()]
        print(json.dumps({"schema": "run/1", "stages": stages}, sort_keys=True, indent=2, ensure_ascii=False))


def _run_group(commands: list[list[str]], environment: dict[str, str], *, captured: bool) -> list[tuple[int, str]]:
    with ThreadPoolExecutor(max_workers=len(commands)) as pool:
        processes = [_start(command, environment, captured=captured) for command in commands]
        previous = signal.signal(signal.SIGTERM, lambda *_: _terminate(processes))
        try:
            return list(pool.map(_wait, processes))
        except KeyboardInterrupt:
            _terminate(processes)
            raise
        finally:
            signal.signal(signal.SIGTERM, previous)


def _terminate(processes: list[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        process.terminate()


def _start(command: list[str], environment: dict[str, str], *, captured: bool) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-Im", f"ops.supply_chain.{command[0]}", *command[1:]],
        stdout=subprocess.PIPE if captured else None,
        env=environment,
        cwd=Path.cwd(),
    )


def _wait(process: subprocess.Popen[bytes]) -> tuple[int, str]:
    output, _ = process.communicate()
    code = process.returncode if process.returncode in KNOWN_CODES else int(ExitCode.CRASH)
    return code, (output or b"").decode("utf-8", "replace")


if __name__ == "__main__":
    raise SystemExit(main())
