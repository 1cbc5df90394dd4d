"""Run a command and take its wall time and peak memory."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Container, Sequence
from pathlib import Path
from typing import NamedTuple

KIB_PER_MB = 1000 * 1000 / 1024


class Measured(NamedTuple):
    """Wall time in seconds, and the peak resident memory of the largest process of the tree in MB."""

    seconds: float
    peak_mb: float


def run(
    command: Sequence[str],
    *,
    cwd: Path,
    environment: dict[str, str] | None = None,
    expected: Container[int] = (0,),
) -> Measured:
    """Run a command once.

    Raises:
        RuntimeError: Its exit code is none of the expected; the message ends with what it wrote.
    """
    started = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={**os.environ, **(environment or {})}
    )
    assert process.stdout is not None
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in expected:
        tail = said[-3000:].decode("utf-8", "replace")
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}:\n{tail}")
    return Measured(seconds, usage.ru_maxrss / KIB_PER_MB)


def median(command: Sequence[str], *, cwd: Path, times: int) -> Measured:
    """Run a command several times; return the median time and the highest peak."""
    runs = [run(command, cwd=cwd) for _ in range(times)]
    return Measured(statistics.median(one.seconds for one in runs), max(one.peak_mb for one in runs))
