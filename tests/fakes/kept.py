"""What tests of one module keep for each other, which goes with the last of them.

Each process that a test forks costs the more, the more memory its parent has: of a gigabyte, a tenth of a second.
"""

from __future__ import annotations

import atexit
from collections.abc import Callable

_drops: list[Callable[[], object]] = []


def keep_for_module(drop: Callable[[], object]) -> None:
    """Have something called at the end of each module of tests, and when the interpreter ends.

    At the end of the interpreter's life, the engine's objects cannot be removed any more.
    """
    _drops.append(drop)
    atexit.register(drop)


def drop_kept() -> None:
    """Call what was given."""
    for drop in _drops:
        drop()
