"""The process's output: stdout is the result and nothing else, stderr the log, the public log counts only.

Works on file descriptors, because native libraries and child processes bypass `sys.stdout`. While a stage runs,
descriptor 1 leads to stderr, so that a stray print never becomes part of a result. In public-log mode both 1 and 2 lead
to the null device, and only `Streams.result` and `Streams.error` can write, through descriptors that nothing else has.
"""

from __future__ import annotations

import logging
import os
import shutil
import sys
from types import TracebackType
from typing import Self, TextIO

from ops.supply_chain.core.text import printable, without_credentials

STDOUT, STDERR = 1, 2


class Streams:
    """Owns descriptors 1 and 2 for as long as it is entered.

    Args:
        public: True discards all but `result` and `error`, whose callers must then pass counts only.
    """

    def __init__(self, *, public: bool) -> None:
        self.public = public
        self._result = -1
        self._error = -1
        self._python = sys.stdout, sys.stderr

    def __enter__(self) -> Self:
        _flush()
        self._result, self._error = os.dup(STDOUT), os.dup(STDERR)
        if self.public:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, STDOUT)
            os.dup2(nowhere, STDERR)
            os.close(nowhere)
        else:
            os.dup2(STDERR, STDOUT)
        self._python = sys.stdout, sys.stderr
        sys.stdout, sys.stderr = _text(STDOUT), _text(STDERR)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _flush()
        if self.public:
            logging.basicConfig(handlers=[logging.NullHandler()], force=True)
        sys.stdout, sys.stderr = self._python
        os.dup2(self._result, STDOUT)
        os.dup2(self._error, STDERR)
        os.close(self._result)
        os.close(self._error)

    def result(self, text: str) -> None:
        """Write the result to the real stdout: each line made printable, credentials out of URLs."""
        _write(self._result, text)

    def error(self, text: str) -> None:
        """Write a message to the real stderr, cleaned likewise."""
        _write(self._error, text)


def terminal_width() -> int | None:
    """Return the columns of the terminal that stdout leads to; None where it leads to a file or a pipe."""
    return shutil.get_terminal_size().columns if sys.stdout is not None and sys.stdout.isatty() else None


def _write(descriptor: int, text: str) -> None:
    lines = without_credentials(text).split("\n")
    data = "\n".join(printable(line) for line in lines).encode("utf-8", "replace")
    data = data if data.endswith(b"\n") or not data else data + b"\n"
    try:
        while data:
            data = data[os.write(descriptor, data) :]
    except BrokenPipeError:
        return


def _text(descriptor: int) -> TextIO:
    """Open a descriptor for text that no locale can make fail."""
    return os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace", buffering=1, closefd=False)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        if stream is not None and not stream.closed:
            stream.flush()
