"""`nox -s bench`: measure side by side in one run, print the table, and record it with `--write`.

Figures are of this machine at this hour; machines are shared and noisy, so nothing here is a test.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import sys
from pathlib import Path

from ops.supply_chain.core.start import TREE
from tests.benchmarks import (
    affected,
    building,
    exploitation,
    gates,
    report,
    shipped,
    signing,
    spine,
    suppliers,
    verifying,
    vulnerabilities,
)

RECORD = TREE / "docs" / "benchmarks.md"
CASES = (
    *spine.CASES,
    *gates.CASES,
    *vulnerabilities.CASES,
    *exploitation.CASES,
    *shipped.CASES,
    *signing.CASES,
    *building.CASES,
    *report.CASES,
    *verifying.CASES,
    *affected.CASES,
    *suppliers.CASES,
)
START, END = "<!-- spine -->", "<!-- /spine -->"


def main() -> int:
    """Measure the cases that the command line names, or all."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    names = [case.__name__ for case in CASES]
    parser.add_argument("cases", nargs="*", metavar="CASE", help=f"one of {', '.join(names)} (default: all)")
    parser.add_argument(
        "--write",
        action="store_true",
        help="record the table in docs/benchmarks.md; with cases, their rows alone, and the others stay",
    )
    args = parser.parse_args()
    data = Path(os.environ.get("SEALWRIGHT_SHARED_DATA", TREE.parent / "shared" / "data"))
    rows: list[spine.Row] = []
    for case in CASES:
        if args.cases and case.__name__ not in args.cases:
            continue
        if not data.is_dir() and "soar" in (case.__doc__ or ""):
            sys.stdout.write(f"skipped {case.__name__}: the shared data folder is not beside this checkout\n")
            continue
        rows += spine.measure(case, data)
        sys.stdout.write(f"{rows[-1].what}: {rows[-1].seen} (aim: {rows[-1].aim})\n")
        sys.stdout.flush()
    table = render(rows)
    sys.stdout.write(f"\n{table}")
    if args.write:
        _record(render(merged(RECORD.read_text(encoding="utf-8"), rows)) if args.cases else table)
    return 0


def merged(recorded: str, rows: list[spine.Row]) -> list[spine.Row]:
    """Return the recorded rows, those that were measured again replaced, and new ones after them.

    Args:
        recorded: The text of the page.
        rows: What was measured; a row is the same one whatever numbers are in its name.
    """
    table, _, _ = recorded.partition(START)[2].partition(END)
    cells = [line.strip("|").split("|") for line in table.splitlines() if line.startswith("| ")][1:]
    old = [spine.Row(*(cell.strip() for cell in row)) for row in cells]
    new = {_key(row): row for row in rows}
    kept = [new.pop(_key(row), row) for row in old]
    return [*kept, *new.values()]


def _key(row: spine.Row) -> str:
    return re.sub(r"[\d.,]+", "", row.what)


def render(rows: list[spine.Row]) -> str:
    """Return the Markdown table of some rows, with the kind of machine that made it."""
    machine = f"Python {platform.python_version()}, {platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    lines = [f"| {row.what} | {row.seen} | {row.aim} |\n" for row in rows]
    return f"Seen on {machine}.\n\n| what | seen | aim |\n|---|---|---|\n{''.join(lines)}"


def _record(table: str) -> None:
    text = RECORD.read_text(encoding="utf-8")
    head, _, rest = text.partition(START)
    _, _, tail = rest.partition(END)
    RECORD.write_text(f"{head}{START}\n\n{table}\n{END}{tail}", encoding="utf-8")


if __name__ == "__main__":
    raise SystemExit(main())
