"""How the program of a stage ends: as the interpreter would end it, without freeing its memory piece by piece.

What is in memory at the end goes with the process. The interpreter frees each module and each object first, which takes 4 ms after a stage that has
nothing to do, and as many tenths of a second as there are gigabytes after a large one. Threads, functions registered
with `atexit` and the streams are ended in its order, and with its exit codes.

Source: https://docs.python.org/3/c-api/init.html#c.Py_FinalizeEx, https://docs.python.org/3/library/os.html#os._exit
"""

from __future__ import annotations

import atexit
import os
import sys
from contextlib import suppress
from typing import NoReturn, TextIO

_BROKEN_STREAM = 120
"""Python's exit code where stdout or stderr cannot be flushed at the end."""

_within = False


def run_within() -> None:
    """Note that something around the program ends this process: `leave` then only ends the program."""
    global _within  # noqa: PLW0603 - one program in a process
    _within = True


def leave(code: int) -> NoReturn:
    """End the program with an exit code, and this process with it.

    Raises:
        SystemExit: Something around the program ends the process.
    """
    if _within:
        raise SystemExit(code)
    try:
        code = finish(code)
    finally:
        os._exit(code)


def finish(code: int) -> int:
    """End threads, run what is registered for the end, and flush the streams.

    Args:
        code: The program's exit code.
    Returns:
        The exit code of the process.
    """
    # Each step is taken whatever an earlier one raised, a Ctrl-C too: what is in a stream is never lost with a code of success.
    if "threading" in sys.modules:
        import threading

        with suppress(BaseException):
            threading._shutdown()  # type: ignore[attr-defined]  # noqa: SLF001 - it waits for threads, as at every interpreter's end
    with suppress(BaseException):
        atexit._run_exitfuncs()  # noqa: SLF001 - those that imports have registered, as at every interpreter's end
    flushed = [_is_flushed(stream) for stream in (sys.stdout, sys.stderr)]
    return code if all(flushed) else _BROKEN_STREAM


def _is_flushed(stream: TextIO | None) -> bool:
    """Flush a stream; return whether nothing of it is lost."""
    try:
        if stream is not None and not stream.closed:
            stream.flush()
    except BaseException:  # the interpreter, too, goes on to its end
        return False
    return True
