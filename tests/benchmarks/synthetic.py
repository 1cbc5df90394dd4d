"""A made-up project of any size: many locks that share a pool of pins, as organisations have them."""

from __future__ import annotations

import hashlib
import random
from pathlib import Path

SEED = 20261120


def write_project(root: Path, *, locks: int, pins: int, distinct: int, hashes: int = 4) -> None:
    """Write `locks` requirements files with `pins` pins each, drawn from `distinct` ones.

    Args:
        root: The project's folder; made if missing.
        locks: How many locks, each in a folder of its own.
        pins: Pins per lock, at most `distinct`.
        distinct: Size of the pool.
        hashes: SHA-256 hashes per pin.
    """
    choose = random.Random(SEED)  # noqa: S311 - made-up data, the same each time
    pool = [_pin(number, hashes) for number in range(distinct)]
    for number in range(locks):
        chosen = sorted(choose.sample(range(distinct), pins))
        folder = root / "functions" / f"group{number % 40:02d}" / f"function{number:04d}"
        folder.mkdir(parents=True, exist_ok=True)
        body = "".join(pool[index] for index in chosen)
        (folder / "requirements.txt").write_text("# uv-compiled-at: 2026-11-01T00:00:00Z\n" + body)


def _pin(number: int, hashes: int) -> str:
    name, version = f"package-{number:05d}", f"{number % 9}.{number % 17}.{number % 5}"
    digests = [hashlib.sha256(f"{name}{version}{index}".encode()).hexdigest() for index in range(hashes)]
    lines = " \\\n".join(f"    --hash=sha256:{digest}" for digest in sorted(digests))
    return f"{name}=={version} \\\n{lines}\n    # via -r requirements.in\n"
