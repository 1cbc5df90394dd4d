"""The tables of docs/benchmarks.md: written, read back, and the rows of some cases replaced."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from tests.benchmarks.measure import machine
from tests.benchmarks.peers import Peer
from tests.benchmarks.row import ANSWERS, MET, Row

COLUMNS = (
    "what",
    "sealwright: median (spread), memory",
    "other tool: median (spread)",
    "other / sealwright",
    "aim",
    "runs, load",
)


class Marker(NamedTuple):
    """The comment before and after a table in the page."""

    start: str
    end: str

    def replaced(self, page: str, table: str) -> str:
        """Return the page with another table between the comments."""
        head, _, rest = page.partition(self.start)
        return f"{head}{self.start}\n\n{table}\n{self.end}{rest.partition(self.end)[2]}"


class Recorded(NamedTuple):
    """A table of the page: the line about the machine and the versions, and the rows."""

    heading: str
    rows: list[Row]


EVERY = Marker("<!-- spine -->", "<!-- /spine -->")
LONG = Marker("<!-- long -->", "<!-- /long -->")


def heading(ours: Peer, others: Sequence[Peer], day: date) -> str:
    """Return the line above a table: day, machine, versions of both sides."""
    versions = ", ".join(f"{peer.name} {peer.version}" if peer.version else f"no {peer.name}" for peer in others)
    return f"{day}: sealwright {ours.version} on {machine()}. Other tools: {versions}.\n"


def summary(rows: Sequence[Row]) -> str:
    """Return how many aims are met, and which are not: the answer for who does not read the table."""
    answers = {
        (row.what, row.ours, aim): answer
        for row in rows
        for aim, found, answer in (part.rpartition(": ") for part in row.aim.split("; "))
        if found
    }
    if not answers:
        return ""
    count = Counter(answers.values())
    line = f"{len(answers)} aims: {', '.join(f'{count[answer]} {answer}' for answer in ANSWERS if count[answer])}.\n"
    others = [
        f"- {answer}: {what}: {ours}; aim {aim}\n" for (what, ours, aim), answer in answers.items() if answer != MET
    ]
    return line + ("\n" + "".join(others) if others else "")


def render(rows: Sequence[Row]) -> str:
    """Return the Markdown table of some rows."""
    head = f"| {' | '.join(COLUMNS)} |\n{'|---' * len(COLUMNS)}|\n"
    return head + "".join(cells(row) for row in rows)


def cells(row: Row) -> str:
    """Return a row as a line of Markdown."""
    return f"| {row.what} | {row.ours} | {row.peer} | {row.ratio} | {row.aim} | {row.runs} |\n"


def recorded(page: str, marker: Marker) -> Recorded:
    """Return the table that is in the page; without a row if there is none.

    Raises:
        SystemExit: It has other columns, so the rows of some cases cannot be put among its own.
    """
    table = page.partition(marker.start)[2].partition(marker.end)[0]
    lines = [line for line in table.splitlines() if line.startswith("| ")]
    split = [tuple(cell.strip() for cell in line[1:-1].split("|")) for line in lines]
    if not split:
        return Recorded("", [])
    if split[0] != COLUMNS:
        raise SystemExit("the recorded table has other columns: record all cases first, with --write and no case")
    rows = [Row(what, ours, aim, peer, ratio, runs) for what, ours, peer, ratio, aim, runs in split[1:]]
    return Recorded(table.strip().partition("\n")[0] + "\n", rows)


def merged(old: Sequence[Row], new: Sequence[Row]) -> list[Row]:
    """Return the recorded rows, those that were measured again replaced, and new ones after them.

    Args:
        old: The recorded rows.
        new: What was measured; a row is the same one whatever numbers are in its name, and all peers of it are replaced.
    """
    groups: dict[str, list[Row]] = {}
    for row in new:
        groups.setdefault(_key(row), []).append(row)
    rows: list[Row] = []
    for row in old:
        key = _key(row)
        rows += groups.pop(key, []) if key in groups else [] if any(_key(again) == key for again in new) else [row]
    return [*rows, *(row for group in groups.values() for row in group)]


def _key(row: Row) -> str:
    return re.sub(r"[\d.,]+", "", row.what)
