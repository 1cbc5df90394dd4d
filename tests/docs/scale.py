"""The figures of docs/scale.md, taken over from the fitted lines in the table of docs/benchmarks.md."""

from __future__ import annotations

import re
from typing import NamedTuple

BLOCK = "growth"
THINGS = ("lock", "distinct pin", "record", "file")
SIZES = (1_000, 10_000, 100_000, 1_000_000)
PART = 400
"""Locks of one part of a fleet on workers, of 250 pins with their hashes: what the limit on its bytes comes to."""

MACHINE_GB = 8
CORES = 64
_NUMBER = r"(-?[\d.]+)"


class Growth(NamedTuple):
    """What one thing costs: seconds of the processor and MB at none, milliseconds and KB for each, and both residuals."""

    seconds: float
    milliseconds: float
    seconds_off: float
    megabytes: float
    kilobytes: float
    megabytes_off: float


def growths(table: str) -> dict[str, Growth]:
    """Return the fitted lines of a page with the table; empty if it has not all of them.

    Args:
        table: docs/benchmarks.md.
    """
    found = {}
    for thing in THINGS:
        line = re.search(
            rf"growth: cost per {thing} .*?\| {_NUMBER} s \+ {_NUMBER} ms a {thing}, residual {_NUMBER} s; "
            rf"{_NUMBER} MB \+ {_NUMBER} KB a {thing}, residual {_NUMBER} MB",
            table,
        )
        if line:
            found[thing] = Growth(*map(float, line.groups()))
    return found if len(found) == len(THINGS) else {}


def figures(found: dict[str, Growth]) -> str:
    """Return the tables of docs/scale.md: the lines, and what they come to."""
    rows = ["| one more | time of the processor | memory | at none | residual |", "|---|---|---|---|---|"]
    for thing, line in found.items():
        rows.append(
            f"| {thing} | {line.milliseconds:.2f} ms | {line.kilobytes:.1f} KB | {line.seconds:.2f} s, {line.megabytes:.0f} MB | "
            f"{line.seconds_off:.2f} s, {line.megabytes_off:.0f} MB |"
        )
    lock = found["lock"]
    rows += ["", "| locks | one machine, one core | memory |", "|---|---|---|"]
    for size in SIZES:
        seconds, memory = lock.seconds + lock.milliseconds / 1000 * size, lock.megabytes + lock.kilobytes / 1000 * size
        rows.append(f"| {size:,} | {_time(seconds)} | {_memory(memory)} |")
    most = int((MACHINE_GB * 1000 - lock.megabytes) * 1000 / lock.kilobytes) if lock.kilobytes > 0 else 0
    rows += [
        "",
        f"By this line {MACHINE_GB} GB hold {most:,} locks of one fleet in one stage.",
        "",
        _on_workers(lock),
    ]
    return "\n".join(rows)


def _on_workers(lock: Growth) -> str:
    """Return what the greatest fleet comes to, in parts."""
    parts = -(-SIZES[-1] // PART)
    seconds, memory = lock.seconds + lock.milliseconds / 1000 * PART, lock.megabytes + lock.kilobytes / 1000 * PART
    return (
        f"{SIZES[-1]:,} locks on workers: {parts:,} parts of {PART} locks, {seconds:.2f} s each and {_memory(memory)} of memory, "
        f"together {_time(parts * seconds)} of processors; on {CORES} cores {_time(parts * seconds / CORES)} for each stage. "
        f"Of that, {lock.seconds:.2f} s of each part are the start: {lock.seconds / seconds * 100:.0f} %."
    )


def _time(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.1f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def _memory(megabytes: float) -> str:
    return f"{megabytes:.0f} MB" if megabytes < 1000 else f"{megabytes / 1000:.1f} GB"
