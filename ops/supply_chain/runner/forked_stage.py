"""A fork of the prepared process becomes a stage: from the fork to the exit code, as a new interpreter would run it.

It gets its words, its variables, its folder, its umask and its signals from the session, and its streams beside them; it
keeps nothing else open. The prepared process reads none of that. Python's own seeds for random numbers are renewed by
`fork`; the seed of hashes is that of the prepared process.

Source: https://docs.python.org/3/library/runpy.html, https://docs.python.org/3/using/cmdline.html#cmdoption-m
"""

from __future__ import annotations

import io
import json
import os
import runpy
import signal
import socket
import struct
import sys
import time
import types
import warnings
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NamedTuple, NoReturn

from ops.supply_chain.runner.program_end import finish, run_within

STREAMS = 3
UNPREPARED = 255
"""In place of the number of a stage, where it is not one of those that the prepared process was given."""

STARTED = struct.Struct("!Q")
"""What the prepared process answers first: the number of the process; a descriptor of it is sent along."""

ENDED = struct.Struct("!i")
"""What it answers last: the wait status."""

SIZE = struct.Struct("!Q")
GO = b"\n"
"""What the session sends after the request, once it knows the process: without it nothing is run."""

_KEPT_NAME = 15


class StageRequest(NamedTuple):
    """What the session gives a stage.

    `module` is run as a program with `words`, which begin after its name, and `variables`, its whole environment.
    `blocked` and `ignored` are numbers of signals.
    """

    module: str
    words: list[str]
    variables: dict[str, str]
    folder: str
    umask: int
    blocked: list[int]
    ignored: list[int]

    def encoded(self) -> bytes:
        """Return what is sent: its size first."""
        content = json.dumps(self).encode()
        return SIZE.pack(len(content)) + content


def live(answer: socket.socket, streams: Sequence[int]) -> NoReturn:
    """Be the stage.

    Args:
        answer: Has the request; closed once it is read.
        streams: Become stdin, stdout and stderr.
    """
    code = 1
    try:
        request = _received(answer)
        if request is not None:
            _take(request, answer, streams)
            code = run_as_program(request.module, request.words, request.variables)
    finally:
        os._exit(code)


def _received(answer: socket.socket) -> StageRequest | None:
    with answer.dup() as copy, copy.makefile("rb") as file:
        size = file.read(SIZE.size)
        content = file.read(SIZE.unpack(size)[0]) if len(size) == SIZE.size else b""
        return StageRequest(*json.loads(content)) if file.read(len(GO)) == GO else None


def _take(request: StageRequest, answer: socket.socket, streams: Sequence[int]) -> None:
    answer.close()
    for own, stream in enumerate(streams):
        os.dup2(stream, own)
    os.closerange(STREAMS, 1 + max(map(int, os.listdir("/proc/self/fd"))))  # noqa: PTH208 - names are enough
    os.umask(request.umask)
    os.chdir(request.folder)
    with suppress(OSError), open("/proc/self/comm", "w", encoding="utf-8") as name:  # noqa: PTH123 - no file
        name.write(request.module.rpartition(".")[2][:_KEPT_NAME])
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        usual = signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL
        signal.signal(number, signal.SIG_IGN if number in request.ignored else usual)
    signal.pthread_sigmask(signal.SIG_SETMASK, request.blocked)


def run_as_program(module: str, words: Sequence[str], variables: dict[str, str]) -> int:
    """Run a module as `python -Im MODULE WORDS` does, in this process; return the exit code, a signal's negative.

    Args:
        module: Its full name.
        words: Its command line.
        variables: The whole environment.
    """
    os.environ.clear()
    os.environ.update(variables)
    time.tzset()
    sys.argv[:] = ["-m", *words]
    sys.orig_argv[:] = [sys.executable, "-Im", module, *words]
    sys.modules["__main__"] = types.ModuleType("__main__")
    _open_streams()
    run_within()
    code = 0
    try:
        _run_as_main(module)
    except SystemExit as end:
        code = _exit_code(end)
    except KeyboardInterrupt:
        sys.excepthook(*sys.exc_info())
        code = -signal.SIGINT
    except BaseException:  # as the interpreter does with what nothing has caught
        sys.excepthook(*sys.exc_info())
        code = 1
    code = finish(code)
    if code == -signal.SIGINT:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        os.kill(os.getpid(), signal.SIGINT)
    return code


def _run_as_main(module: str) -> None:
    try:
        with warnings.catch_warnings():
            # That it is imported already is no surprise here.
            warnings.filterwarnings("ignore", message=".* found in sys.modules", category=RuntimeWarning)
            _, spec, code = runpy._get_module_details(module, runpy._Error)  # type: ignore[attr-defined]  # noqa: SLF001 - what -m does
    except runpy._Error as error:  # type: ignore[attr-defined]  # noqa: SLF001 - as above
        sys.exit(f"{sys.executable}: {error}")
    sys.argv[0] = spec.origin
    runpy._run_code(code, vars(sys.modules["__main__"]), None, "__main__", spec)  # type: ignore[attr-defined]  # noqa: SLF001 - as above


def _exit_code(end: SystemExit) -> int:
    if end.code is None or isinstance(end.code, int):
        return (end.code or 0) & 0xFF
    print(end.code, file=sys.stderr)
    return 1


def _open_streams() -> None:
    first: dict[str, Any] = {name: getattr(sys, f"__{name}__") for name in ("stdin", "stdout", "stderr")}
    for number, (name, before) in enumerate(first.items()):
        raw = io.FileIO(number, "w" if number else "r", closefd=False)
        raw.name = f"<{name}>"
        stream = io.TextIOWrapper(
            io.BufferedWriter(raw) if number else io.BufferedReader(raw),
            encoding=before.encoding,
            errors=before.errors,
            newline="\n" if number else None,
            line_buffering=number == STREAMS - 1 or raw.isatty(),
        )
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
