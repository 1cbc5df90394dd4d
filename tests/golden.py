"""Write the golden files, or check that they are current.

    python -m tests.golden            write them
    python -m tests.golden --check    write nothing; exit 1 and name those that are stale

They hold what a small made-up project gives (`tests/inventory/made_locks.py`), so that a change of any byte of
an output shows in a review. Regenerate after a change that is meant, and read the difference.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from ops.supply_chain.inventory.writers import cyclonedx
from tests.inventory.made_locks import documents, made_project

HERE = Path(__file__).resolve().parent / "golden"


def files() -> dict[Path, bytes]:
    """Return every golden file: path relative to this folder -> content."""
    found, aggregate = documents(made_project())
    folder = Path("sbom")
    return {
        folder / "aggregate.1.6.cdx.json": cyclonedx.render(aggregate),
        folder / "aggregate.1.7.cdx.json": cyclonedx.render(aggregate, cyclonedx.Version.V1_7),
        folder / "lock.cdx.json": cyclonedx.render(found[1]),
        folder / "empty-lock.cdx.json": cyclonedx.render(found[0]),
    }


def stale() -> list[Path]:
    """Return the golden files that are missing or differ."""
    return [path for path, data in files().items() if not _holds(HERE / path, data)]


def main(argv: Sequence[str] | None = None) -> int:
    """Write or check; return 0 when all is current."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true")
    if not parser.parse_args(argv).check:
        for path, data in files().items():
            (HERE / path).parent.mkdir(parents=True, exist_ok=True)
            (HERE / path).write_bytes(data)
    left = stale()
    for path in left:
        sys.stderr.write(f"stale: tests/golden/{path}; run `python -m tests.golden` and read the difference\n")
    return 1 if left else 0


def _holds(path: Path, data: bytes) -> bool:
    return path.is_file() and path.read_bytes() == data


if __name__ == "__main__":
    raise SystemExit(main())
