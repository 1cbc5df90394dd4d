"""The memory that all child processes of this one need together, sampled while they run."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

SAMPLE_SECONDS = 0.1
KB_PER_MB = 1000 * 1000 / 1024


class Peak:
    """The highest sum that was seen, in MB: of the proportional set sizes, in which shared pages count once."""

    mb = 0.0


@contextmanager
def memory_of_children() -> Iterator[Peak]:
    """Sample the memory of the processes that this one has started, and that those have started."""
    peak, end = Peak(), threading.Event()

    def sample() -> None:
        while not end.wait(SAMPLE_SECONDS):
            peak.mb = max(peak.mb, sum(map(_kb, _children("self"))) / KB_PER_MB)

    thread = threading.Thread(target=sample)
    thread.start()
    try:
        yield peak
    finally:
        end.set()
        thread.join()


def _children(process: str) -> Iterator[str]:
    with suppress(OSError):  # it ended
        for path in Path(f"/proc/{process}/task").glob("*/children"):
            for child in path.read_text().split():
                yield child
                yield from _children(child)


def _kb(process: str) -> int:
    with suppress(OSError):
        for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    return 0
