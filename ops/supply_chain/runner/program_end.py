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
from typing import NoReturn

_BROKEN_STDOUT = 120
"""Python's exit code where stdout cannot be flushed at the end."""

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
    if "threading" in sys.modules:
        import threading

        threading._shutdown()  # type: ignore[attr-defined]  # noqa: SLF001 - it waits for threads, as at every interpreter's end
    atexit._run_exitfuncs()  # noqa: SLF001 - those that imports have registered, as at every interpreter's end
    try:
        if sys.stdout is not None and not sys.stdout.closed:
            sys.stdout.flush()
    except (OSError, ValueError):
        code = _BROKEN_STDOUT
    with suppress(OSError, ValueError, AttributeError):
        sys.stderr.flush()
    return code
