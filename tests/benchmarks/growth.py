"""What one more lock, distinct pin, record or file costs: lines fitted through measured points.

Each point is the vulnerability gate, the same work as in a daily scan, with one of the four grown and the others kept. The value is the
time of the processor, of all processes, because that of the clock is also other programs'; and the peak of memory.
docs/scale.md does arithmetic with these lines: `nox -s generate` takes them over from the table.
"""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tests.benchmarks.advisories import write_snapshot
from tests.benchmarks.fit import Line, Point, fit
from tests.benchmarks.measure import run
from tests.benchmarks.row import Row
from tests.benchmarks.synthetic import write_project

if TYPE_CHECKING:
    from tests.benchmarks.spine import Case

LOCKS = (10, 100, 1_000, 10_000)
PINS, HASHES = 100, 2
DISTINCT = (100, 1_000, 4_000, 16_000)
RECORDS = (2_000, 8_000, 32_000)
FILES = (0, 2_000, 20_000)
USUAL_RECORDS = 16_000
EXPECTED = (0, 4)
ONCE_SECONDS = 8
"""Of the processor: a point that takes longer is measured once, others three times."""

NAME = "growth: cost per {}"
"""How the rows are called, for docs/scale.md."""


class _Cost(NamedTuple):
    """Seconds of the processor, peak of memory in MB, and the counts of the record."""

    seconds: float
    peak_mb: float
    counts: dict[str, int]


def growth(_data: Path, scratch: Path) -> Iterator[Row]:
    """From 10 to 10,000 locks, 100 to 16,000 distinct pins, 2,000 to 32,000 records, 0 to 20,000 other files."""
    snapshot = scratch / "osv.zip"
    write_snapshot(snapshot, records=USUAL_RECORDS, packages=8000, share=0.1)
    yield _row("lock", f"of {PINS} pins", _locks(scratch, snapshot), "1 ms a lock", most=0.001)
    yield _row("distinct pin", "in 200 locks", _distinct(scratch, snapshot), "0.1 ms a pin", most=0.0001)
    yield _row("record", "of a new feed, for the first answer", _records(scratch), "0.1 ms a record", most=0.0001)
    yield _row("file", "that is no lock", _files(scratch, snapshot), "0.1 ms a file", most=0.0001)


def _locks(scratch: Path, snapshot: Path) -> list[tuple[int, _Cost]]:
    found = []
    for locks in LOCKS:
        project = scratch / f"locks{locks}"
        write_project(project, locks=locks, pins=PINS, distinct=250, hashes=HASHES)
        found.append((locks, _usual(project, scratch, snapshot)))
    return found


def _distinct(scratch: Path, snapshot: Path) -> list[tuple[int, _Cost]]:
    found = []
    for distinct in DISTINCT:
        project = scratch / f"distinct{distinct}"
        write_project(project, locks=200, pins=PINS, distinct=distinct, hashes=HASHES)
        cost = _usual(project, scratch, snapshot)
        found.append((cost.counts["locked"], cost))  # what was drawn of the pool
    return found


def _records(scratch: Path) -> list[tuple[int, _Cost]]:
    """Return the costs of the first scan with a feed; its index is written afterwards, for the next ones."""
    project = scratch / "records"
    write_project(project, locks=1, pins=PINS, distinct=PINS, hashes=HASHES)
    found = []
    for records in RECORDS:
        snapshot = scratch / f"osv{records}.zip"
        write_snapshot(snapshot, records=records, packages=8000, share=0.1)
        found.append((records, _run(project, scratch, snapshot)))
    return found


def _files(scratch: Path, snapshot: Path) -> list[tuple[int, _Cost]]:
    project = scratch / "files"
    write_project(project, locks=1, pins=PINS, distinct=PINS, hashes=HASHES)
    found, there = [], 0
    for files in FILES:
        for number in range(there, files):
            folder = project / "src" / f"part{number // 200:03d}"
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"module{number:05d}.py").write_text(f"NUMBER = {number}\n")
        there = files
        found.append((files, _usual(project, scratch, snapshot)))
    return found


def _usual(project: Path, scratch: Path, snapshot: Path) -> _Cost:
    """Return the median cost of a scan with caches as they are on the next day."""
    first = _run(project, scratch, snapshot)
    if first.seconds > ONCE_SECONDS:
        return first
    costs = [_run(project, scratch, snapshot) for _ in range(3)]
    return _Cost(statistics.median(cost.seconds for cost in costs), max(cost.peak_mb for cost in costs), first.counts)


def _run(project: Path, scratch: Path, snapshot: Path) -> _Cost:
    dist = scratch / "dist"
    folders = ["--project", str(project), "--dist", str(dist), "--cache", str(scratch / "cache"), "--version", "v1"]
    words = ["-Im", "ops.supply_chain.check_vulnerabilities", *folders, "--advisories", str(snapshot), "--offline"]
    measured = run([sys.executable, *words], cwd=scratch, expected=EXPECTED)
    counts = json.loads((dist / "records" / "check_vulnerabilities.json").read_bytes())["counts"]
    return _Cost(measured.processor, measured.peak_mb, counts)


def _row(what: str, more: str, points: Sequence[tuple[int, _Cost]], aim: str, *, most: float) -> Row:
    seconds = fit([Point(count, cost.seconds) for count, cost in points])
    memory = fit([Point(count, cost.peak_mb) for count, cost in points])
    measured = ", ".join(f"{count:,}" for count, _ in points)
    met = "met" if seconds.slope <= most else "missed"
    return Row(
        f"{NAME.format(what)} {more}: line through {measured}; time of the processor, memory",
        shown(seconds, memory, what),
        f"{aim}: {met}",
        runs=f"{len(points)} points",
    )


def shown(seconds: Line, memory: Line, what: str) -> str:
    """Return two lines as the table has them; `read` of docs/scale.md reads this."""
    return (
        f"{seconds.intercept:.3f} s + {seconds.slope * 1000:.4f} ms a {what}, residual {seconds.residual:.3f} s; "
        f"{memory.intercept:.1f} MB + {memory.slope * 1000:.3f} KB a {what}, residual {memory.residual:.1f} MB"
    )


CASES: tuple[Case, ...] = (growth,)
