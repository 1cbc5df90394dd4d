"""Runs one command under given conditions and limits, and ends everything that it started. Standard library only.

Its source is passed to another Python, which may belong to another user, and gets the conditions as JSON:
    command, folder: what to run and where.
    umask: an integer. cpus: how many CPUs it may use, 0 for all. watched: folders whose size is limited.
    seconds, file_bytes, folder_bytes: the limits.
Its exit code is the command's, or `TIMED_OUT` or `TOO_LARGE`.

On Linux that is every process below it. Elsewhere it is the command itself, and on macOS what stays in its process group.

Source: prctl(2) (`PR_SET_CHILD_SUBREAPER`), setrlimit(2), proc(5) (`/proc/PID/stat`)
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import signal
import subprocess
import sys
import time

TIMED_OUT = 124
TOO_LARGE = 125
_SUBREAPER = 36
_POLL_SECONDS = 0.02
_MEASURE_SECONDS = 0.5
_MEASURE_SHARE = 20


def main(text: str) -> int:
    """Run the command that the conditions name; see the module."""
    given = json.loads(text)
    _limit(given)
    _adopt_orphans()
    signal.signal(signal.SIGTERM, _ended)
    process = subprocess.Popen(given["command"], cwd=given["folder"], stdin=subprocess.DEVNULL)
    try:
        return _wait(process, given)
    finally:
        _end_all(process)


def _ended(_signal: int, _frame: object) -> None:
    raise SystemExit(TIMED_OUT)


def _limit(given: dict[str, object]) -> None:
    os.umask(int(str(given["umask"])))
    cpus = int(str(given["cpus"]))
    if cpus and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cpus])
    with contextlib.suppress(ImportError):  # Windows has no such limits
        import resource

        largest = int(str(given["file_bytes"]))
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _adopt_orphans() -> None:
    """Become the parent of every process below whose own parent ends, where the kernel can do that."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)


def _wait(process: subprocess.Popen[bytes], given: dict[str, object]) -> int:
    deadline = time.monotonic() + float(str(given["seconds"]))
    watched, most = given["watched"], int(str(given["folder_bytes"]))
    measure_at = time.monotonic() + _MEASURE_SECONDS
    while process.poll() is None:
        now = time.monotonic()
        if now > deadline:
            return TIMED_OUT
        if now >= measure_at:
            if _size(watched) > most:
                return TOO_LARGE
            after = time.monotonic()
            measure_at = after + max(_MEASURE_SECONDS, _MEASURE_SHARE * (after - now))
        time.sleep(_POLL_SECONDS)
    if _size(watched) > most:
        return TOO_LARGE
    # A process that a signal ended has a negative number.
    return process.returncode if process.returncode >= 0 else 128 - process.returncode


def _size(folders: object) -> int:
    total = 0
    for folder in folders if isinstance(folders, list) else []:
        for here, _, names in os.walk(folder):
            for name in names:
                with contextlib.suppress(OSError):
                    total += os.lstat(os.path.join(here, name)).st_size  # noqa: PTH118 - a Path a file would be slow
    return total


def _end_all(process: subprocess.Popen[bytes]) -> None:
    """End the command and everything below it, until nothing is left: what it forks meanwhile is found again."""
    if process.poll() is None:
        process.kill()
    if os.name != "posix":
        return
    for _ in range(1000):
        below = _below(os.getpid())
        for pid in below:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        if not below:
            break
        time.sleep(0.005)


def _below(top: int) -> list[int]:
    """Return the processes below one, those that have ended left out."""
    parents: dict[int, list[int]] = {}
    for name in os.listdir("/proc") if os.path.isdir("/proc") else []:  # noqa: PTH112, PTH208 - as above
        with contextlib.suppress(OSError, ValueError), open(f"/proc/{int(name)}/stat", "rb") as file:  # noqa: PTH123
            # proc(5): "(2) comm ... (3) state (4) ppid"; the name in parentheses may contain anything.
            state, parent = file.read().rpartition(b")")[2].split()[:2]
            if state != b"Z":
                parents.setdefault(int(parent), []).append(int(name))
    found: list[int] = []
    left = [top]
    while left:
        children = parents.get(left.pop(), [])
        found += children
        left += children
    return found


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1]))
