"""Starts one command of a build under its conditions, with limits on time, output and files."""

from __future__ import annotations

import contextlib
import inspect
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

import msgspec

from ops.supply_chain.adapters.builders import launcher
from ops.supply_chain.adapters.builders.conditions import Conditions
from ops.supply_chain.core.errors import UnavailableError
from ops.supply_chain.core.text import printable, without_credentials

_GRACE_SECONDS = 5
_WAIT_SECONDS = 0.2
_READ_BYTES = 1 << 16
_SHOWN_LINES = 12
_SHOWN_CHARACTERS = 300


class BuildLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What a build may use: seconds of time, bytes that it prints, of its largest file and of all its files together."""

    seconds: float = 1800
    output_bytes: int = 64 << 20
    file_bytes: int = 2 << 30
    folder_bytes: int = 8 << 30


class CommandResult(msgspec.Struct, frozen=True, kw_only=True):
    """The end of a command: why it failed, empty if it did not, its exit code, and the last lines that it printed."""

    failure: str
    code: int
    lines: tuple[str, ...]


class _Output(threading.Thread):
    """Reads what a process prints, until it ends or has printed too much; keeps the last of it.

    A thread, as no other way to wait for a pipe works on every system.
    """

    def __init__(self, stream: IO[bytes], most: int) -> None:
        super().__init__(daemon=True)
        self._stream, self._most, self._count = stream, most, 0
        self.tail = b""

    @property
    def flooded(self) -> bool:
        """Whether it was more than the limit."""
        return self._count > self._most

    def run(self) -> None:
        """Read."""
        while not self.flooded and (data := os.read(self._stream.fileno(), _READ_BYTES)):
            self._count += len(data)
            self.tail = (self.tail + data)[-_READ_BYTES:]
        self._stream.close()


def run_command(
    command: Sequence[str],
    *,
    folder: Path,
    watched: Sequence[Path],
    conditions: Conditions,
    variables: Mapping[str, str],
    limits: BuildLimits,
    python: str = "",
) -> CommandResult:
    """Run a command, and end everything that it started.

    Args:
        command: The program and its arguments.
        folder: Where it runs.
        watched: The folders that count as its files.
        conditions: User, umask and CPUs.
        variables: Every variable that it sees.
        limits: What it may use.
        python: The Python that starts it, and that its user can run; by default the command is one.
    Raises:
        UnavailableError: The launcher cannot be started.
    """
    given = {
        "command": list(command),
        "folder": str(folder),
        "umask": conditions.umask,
        "cpus": conditions.cpus,
        "watched": [str(path) for path in watched],
        "seconds": limits.seconds,
        "file_bytes": limits.file_bytes,
        "folder_bytes": limits.folder_bytes,
    }
    words = [python or command[0], "-I", "-S", "-c", inspect.getsource(launcher), json.dumps(given)]
    try:
        process = _start(words, conditions, variables)
        text, flooded = _output_of(process, limits)
    except (OSError, subprocess.SubprocessError) as error:
        raise UnavailableError(f"the build: cannot be started: {type(error).__name__}: {error}") from error
    code = process.returncode
    return CommandResult(failure=_failure(code, limits, flooded=flooded), code=code, lines=_lines(text))


def _start(words: list[str], conditions: Conditions, variables: Mapping[str, str]) -> subprocess.Popen[bytes]:
    uid = conditions.uid
    return subprocess.Popen(
        words,
        cwd="/" if os.name == "posix" else None,
        env=dict(variables),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        user=uid,
        group=uid,
        extra_groups=None if uid is None else [],
    )


def _output_of(process: subprocess.Popen[bytes], limits: BuildLimits) -> tuple[bytes, bool]:
    """Return the end of what a process prints, and whether it printed too much; it has ended then."""
    if process.stdout is None:
        raise OSError("it was started without a pipe")
    reader = _Output(process.stdout, limits.output_bytes)
    reader.start()
    deadline = time.monotonic() + limits.seconds + _GRACE_SECONDS
    while reader.is_alive() and time.monotonic() < deadline:
        ended = process.poll() is not None
        reader.join(_WAIT_SECONDS)
        if ended:
            break  # what it printed is read; something that outlived it may keep the pipe open
    flooded = reader.flooded
    _end(process, at_once=flooded or time.monotonic() >= deadline)
    return reader.tail, flooded


def _end(process: subprocess.Popen[bytes], *, at_once: bool) -> None:
    if at_once:
        process.terminate()
    try:
        process.wait(_GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        if sys.platform != "win32":
            os.killpg(process.pid, 9)
        process.kill()
        process.wait()
    if sys.platform == "darwin":  # there the launcher finds no process but its own child
        with contextlib.suppress(OSError):
            os.killpg(process.pid, 9)


def _failure(code: int, limits: BuildLimits, *, flooded: bool) -> str:
    if flooded:
        return f"printed more than {limits.output_bytes:,} bytes"
    if code == launcher.TIMED_OUT:
        return f"did not end within {limits.seconds:g} s"
    if code == launcher.TOO_LARGE:
        return f"wrote more than {limits.folder_bytes:,} bytes"
    if code < 0:
        return f"was ended by signal {-code}"
    return f"ended with exit code {code}" if code else ""


def _lines(text: bytes) -> tuple[str, ...]:
    rows = [row.strip() for row in without_credentials(text.decode("utf-8", "replace")).splitlines()]
    return tuple(printable(row)[:_SHOWN_CHARACTERS] for row in rows if row)[-_SHOWN_LINES:]
