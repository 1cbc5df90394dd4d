"""Native code kept apart: what it prints is caught, and that it may end the process, or never end, is survived.

`NativeOutput` catches descriptor 1. `in_child` does work in a forked child that sends its results one by
one, within limits of time and memory; where the child dies, what it sent before is kept.
"""

from __future__ import annotations

import ctypes
import faulthandler
import math
import os
import resource
import select
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import NamedTuple, Self

STDOUT = 1
MOST_BYTES = 65536
"""Of what was printed, the end that is kept."""

OUT_OF_MEMORY = 91
"""Exit status of a child that exceeded its memory."""

WATCH_SECONDS = 0.05
"""Pause between two readings of the memory; native code cannot fill much more than 100 MiB in it."""

_RSS_UNIT = 1 if sys.platform == "darwin" else 1024

Send = Callable[[bytes], None]


class CapturedOutput(NamedTuple):
    """What a child sent, and how it ended: empty where it ended well, else a few words."""

    messages: list[bytes]
    end: str


class NativeOutput:
    """Owns descriptor 1 for as long as it is entered; what is printed there goes to a temporary file."""

    def __enter__(self) -> Self:
        _flush()
        self._file = tempfile.TemporaryFile()
        self._previous = os.dup(STDOUT)
        os.dup2(self._file.fileno(), STDOUT)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _flush()
        os.dup2(self._previous, STDOUT)
        os.close(self._previous)
        self._file.close()

    def text(self) -> str:
        """Return what was printed since entering, at most the last 64 KiB of it."""
        _flush()
        end = self._file.seek(0, os.SEEK_END)
        start = max(0, end - MOST_BYTES)
        return os.pread(self._file.fileno(), end - start, start).decode("utf-8", "replace")


def in_child(
    work: Callable[[Send], None], *, seconds: float, silent_seconds: float = math.inf, memory_bytes: int = 0
) -> CapturedOutput:
    """Do work in a forked child of this process.

    Args:
        work: Gets a function that sends one message without line feeds; must not raise.
        seconds: After that time the child is ended.
        silent_seconds: After so much time without a message the child is ended.
        memory_bytes: A child that takes more memory than it began with, by so much, ends; 0 for no limit. A limit of the address space would not do:
            the engine's allocator reserves 256 GiB of it.
    """
    _flush()
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        _live(work, reader, writer, memory_bytes)
    os.close(writer)
    data, late = _read_all(reader, child, seconds, silent_seconds)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    *messages, _ = data.split(b"\n")  # what stands after the last line feed was cut off
    if late:
        return CapturedOutput(messages, f"gave no answer in {late:g} seconds")
    if code == OUT_OF_MEMORY and memory_bytes:
        return CapturedOutput(messages, f"needed more than {memory_bytes >> 20} MiB of memory")
    return CapturedOutput(messages, "" if code == 0 else _described(code))


def _live(work: Callable[[Send], None], reader: int, writer: int, memory_bytes: int) -> None:
    """Be the child: work, then end at once, whatever happens; nothing of the parent is run again."""
    code = 1
    try:
        os.close(reader)
        for number in (signal.SIGTERM, signal.SIGINT):
            if signal.getsignal(number) is not signal.SIG_IGN:  # what is ignored stays ignored: `&`, `nohup`
                signal.signal(number, signal.SIG_DFL)
        faulthandler.disable()
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 2)  # C++ says there what ended it
        if memory_bytes:
            # It begins with its parent's memory, which may be more than the limit, and is not the engine's.
            most = _peak_bytes() + memory_bytes
            threading.Thread(target=_watch_memory, args=(most,), daemon=True).start()
        work(lambda message: _write_all(writer, message + b"\n"))
        code = 0
    finally:
        os._exit(code)


def _watch_memory(most_bytes: int) -> None:
    """End this process once it has had more in memory; the engine runs without the interpreter's lock."""
    while _peak_bytes() <= most_bytes:
        time.sleep(WATCH_SECONDS)
    os._exit(OUT_OF_MEMORY)


def _peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _RSS_UNIT


def _write_all(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


def _read_all(reader: int, child: int, seconds: float, silent_seconds: float) -> tuple[bytes, float]:
    """Return what the child sent, and the limit in seconds that it exceeded, 0 for none."""
    chunks: list[bytes] = []
    until = time.monotonic() + seconds
    while_silent = min(silent_seconds, seconds)
    try:
        while True:
            left = until - time.monotonic()
            if not select.select([reader], [], [], max(0.0, min(left, while_silent)))[0]:
                os.kill(child, signal.SIGKILL)
                return b"".join(chunks), while_silent if left > while_silent else seconds
            chunk = os.read(reader, 1 << 20)
            if not chunk:
                return b"".join(chunks), 0
            chunks.append(chunk)
    except BaseException:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        raise
    finally:
        os.close(reader)


def _described(code: int) -> str:
    return f"ended by {signal.Signals(-code).name}" if code < 0 else f"ended with {code}"


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        if stream is not None and not stream.closed:
            stream.flush()
    ctypes.CDLL(None).fflush(None)  # native code buffers in the C library
