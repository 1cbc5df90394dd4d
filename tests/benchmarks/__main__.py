"""`nox -s bench`: measure side by side in one run, print the table, and record it with `--write`.

Figures are of this machine at this hour; machines are shared and noisy, so nothing here is a test.
"""

from __future__ import annotations

import argparse
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from ops.supply_chain.core.start import TREE
from tests.benchmarks import (
    affected,
    building,
    cold_feed,
    exploitation,
    gates,
    growth,
    peers,
    report,
    shipped,
    signing,
    spine,
    start,
    suppliers,
    verifying,
    vulnerabilities,
)
from tests.benchmarks.table import EVERY, LONG, Marker, cells, heading, merged, recorded, render, summary

RECORD = TREE / "docs" / "benchmarks.md"
CASES = (
    *spine.CASES,
    *start.CASES,
    *vulnerabilities.CASES,
    *cold_feed.CASES,
    *growth.CASES,
    *exploitation.CASES,
    *shipped.CASES,
    *signing.CASES,
    *building.CASES,
    *report.CASES,
    *verifying.CASES,
    *affected.CASES,
    *suppliers.CASES,
)
LONG_CASES = gates.CASES
"""They need the index, and minutes: measured where the command line names them, recorded in a table of their own."""


def main() -> int:
    """Measure the cases that the command line names, or all but the long ones."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    names = [case.__name__ for case in (*CASES, *LONG_CASES)]
    long = ", ".join(case.__name__ for case in LONG_CASES)
    text = f"one of {', '.join(names)} (default: all but {long})"
    parser.add_argument("cases", nargs="*", metavar="CASE", help=text)
    parser.add_argument(
        "--write",
        action="store_true",
        help="record the table in docs/benchmarks.md; with cases, their rows alone, and the others stay",
    )
    parser.add_argument(
        "--install", action="store_true", help=f"first install what is missing of {', '.join(peers.WITH_GO)}, if Go is"
    )
    args = parser.parse_args()
    if unknown := [name for name in args.cases if name not in names]:
        parser.error(f"no such case: {', '.join(unknown)}; {text}")
    if args.install:
        peers.install_missing()
    data = Path(os.environ.get("SEALWRIGHT_SHARED_DATA", TREE.parent / "shared" / "data"))
    for marker, cases in ((EVERY, CASES), (LONG, LONG_CASES)):
        chosen = [case for case in cases if case.__name__ in args.cases or (not args.cases and marker is EVERY)]
        if rows := _measured(chosen, data):
            _show(marker, rows, write=args.write, some=bool(args.cases))
    return 0


def _measured(cases: list[spine.Case], data: Path) -> list[spine.Row]:
    rows: list[spine.Row] = []
    for case in cases:
        if not data.is_dir() and "soar" in (case.__doc__ or ""):
            sys.stdout.write(f"skipped {case.__name__}: the shared data folder is not beside this checkout\n")
            continue
        new = spine.measure(case, data)
        sys.stdout.write("".join(cells(row) for row in new))
        sys.stdout.flush()
        rows += new
    return rows


def _show(marker: Marker, rows: list[spine.Row], *, write: bool, some: bool) -> None:
    """Print the table; record it, or its rows in the recorded table."""
    day = datetime.now(UTC).date()
    head = heading(peers.ours(), peers.every(), day)
    sys.stdout.write(f"\n{head}\n{render(rows)}")
    if not write:
        return
    text = RECORD.read_text(encoding="utf-8")
    known = recorded(text, marker) if some else None
    if known is not None and known.rows:
        later = [row._replace(runs=f"{row.runs}, {day}") for row in rows]
        head, rows = known.heading, merged(known.rows, later)
    RECORD.write_text(marker.replaced(text, f"{head}\n{summary(rows)}\n{render(rows)}"), encoding="utf-8")


if __name__ == "__main__":
    raise SystemExit(main())
