"""Run commands and take their wall time, their spread, their peak memory, and what else used the machine."""

from __future__ import annotations

import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, TypeVar

from tests.benchmarks.row import Sample

KIB_PER_MB = 1000 * 1000 / 1024
OFTEN = ((1.0, 5), (5.0, 3), (60.0, 2))
"""How often a command runs: the most seconds that its first run may take, and the number of runs; else once."""

_LAUNCHER = """
import os, sys, time
figures, words = int(sys.argv[1]), sys.argv[2:]
os.set_inheritable(figures, False)
started = time.perf_counter()
pid = os.posix_spawnp(words[0], words, os.environ)
_, status, usage = os.wait4(pid, 0)
seconds = time.perf_counter() - started
processor = usage.ru_utime + usage.ru_stime
os.write(figures, f"{os.waitstatus_to_exitcode(status)} {seconds} {usage.ru_maxrss} {processor}".encode())
"""
"""A small process that starts the command: the peak of a process counts from that of the one that started it, which here is large."""

_Name = TypeVar("_Name")


class Measured(NamedTuple):
    """Wall time in seconds, the peak resident memory of the largest process of the tree in MB, and the processor's seconds of all."""

    seconds: float
    peak_mb: float
    processor: float = 0.0


class Command(NamedTuple):
    """A command of a comparison: its words, where it runs, with what, and how it may end."""

    words: Sequence[str]
    cwd: Path
    environment: Mapping[str, str] | None = None
    expected: Container[int] = (0,)
    before: Callable[[], object] | None = None
    """Called before each run, outside the time."""

    def run(self) -> Measured:
        """Run it once.

        Raises:
            RuntimeError: Its exit code is none of the expected.
        """
        if self.before is not None:
            self.before()
        return run(self.words, cwd=self.cwd, environment=dict(self.environment or {}), expected=self.expected)


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
    reading, writing = os.pipe()
    with os.fdopen(reading, encoding="ascii") as figures:
        done = subprocess.run(
            [sys.executable, "-IS", "-c", _LAUNCHER, str(writing), *command],
            cwd=cwd,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(environment or {})},
            pass_fds=(writing,),
            check=False,
        )
        os.close(writing)
        code, seconds, kibibytes, processor = [*figures.read().split(), "", "", "", ""][:4]
    if not code or int(code) not in expected:
        tail = done.stdout[-3000:].decode("utf-8", "replace")
        raise RuntimeError(f"{' '.join(command)} ended with {code or done.returncode}:\n{tail}")
    return Measured(float(seconds), int(kibibytes) / KIB_PER_MB, float(processor))


def median(command: Sequence[str], *, cwd: Path, times: int) -> Measured:
    """Run a command several times; return the median time and the highest peak."""
    runs = [run(command, cwd=cwd) for _ in range(times)]
    return Measured(statistics.median(one.seconds for one in runs), max(one.peak_mb for one in runs))


def alternating(sides: Mapping[_Name, Callable[[], Measured]], *, warm: bool = True) -> dict[_Name, Sample]:
    """Run the sides of a comparison in turn, so that a slow minute of the machine meets all of them.

    Args:
        sides: By name: what runs one side once.
        warm: Run each of them once before, not counted.

    Returns:
        The runs of each side. A side that takes long runs less often, by its first run that counts.
    """
    if warm:
        for side in sides.values():
            side()
    runs = {name: [side()] for name, side in sides.items()}
    wanted = {name: times(first.seconds) for name, [first] in runs.items()}
    for turn in range(1, max(wanted.values())):
        for name, side in sides.items():
            if turn < wanted[name]:
                runs[name].append(side())
    return {name: sample(measured) for name, measured in runs.items()}


def repeated(side: Callable[[], Measured], *, warm: bool = False) -> Sample:
    """Run one side as often as its length allows."""
    return alternating({"": side}, warm=warm)[""]


def times(seconds: float) -> int:
    """Return how often something runs that takes so long."""
    return next((count for limit, count in OFTEN if seconds <= limit), 1)


def sample(runs: Sequence[Measured]) -> Sample:
    """Return the times of some runs, and their highest peak."""
    return Sample(tuple(seen.seconds for seen in runs), max(seen.peak_mb for seen in runs))


class Load:
    """How much of the machine other programs used during a stretch of time."""

    share: float | None = None
    """Of all cores, from 0 to 1; None where the system does not show it, or before the end of the stretch."""

    def __str__(self) -> str:
        """Return it for the table."""
        return "load unknown" if self.share is None else f"others {self.share * 100:.0f} %"


@contextmanager
def other_load() -> Iterator[Load]:
    """Give the load that is known when the block ends: what all cores did, without this process and its children."""
    load = Load()
    busy, own, started = _busy_seconds(), _own_seconds(), time.perf_counter()
    yield load
    seconds = time.perf_counter() - started
    now = _busy_seconds()
    if busy is not None and now is not None and seconds > 0:
        others = now - busy - (_own_seconds() - own)
        load.share = max(0.0, others / seconds / (os.cpu_count() or 1))


def machine() -> str:
    """Return what this machine is: processor, cores, memory, system, Python."""
    processor = platform.machine()
    cpus = Path("/proc/cpuinfo")
    if cpus.is_file():
        named = [line for line in cpus.read_text(encoding="utf-8").splitlines() if line.startswith("model name")]
        processor = named[0].partition(":")[2].strip() if named else processor
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    system = f"{platform.system()} {platform.machine()}"
    return f"{os.cpu_count()} cores ({processor}), {memory:.0f} GB, {system}, Python {platform.python_version()}"


def _busy_seconds() -> float | None:
    """Return the seconds that all cores worked since the start of the machine; those that the host took count too."""
    file = Path("/proc/stat")
    if not file.is_file():
        return None
    user, nice, system, _idle, _wait, interrupt, soft, stolen = map(int, file.read_text().split()[1:9])
    return (user + nice + system + interrupt + soft + stolen) / os.sysconf("SC_CLK_TCK")


def _own_seconds() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)
