"""How two texts of a lock differ, for a person to read."""

from __future__ import annotations

import difflib

import msgspec

MOST_LINES = 40
"""How much of a difference is shown; the rest is counted."""

_CONTEXT_LINES = 2


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """Where a lock begins to differ from what was compiled, and how.

    `line` counts from 1 in the committed lock: the first that differs, or its last where only more should
    follow. `changed` is how many lines are removed or added. `shown` is a unified diff, at most `MOST_LINES`.
    """

    line: int
    changed: int
    shown: tuple[str, ...]


def difference(committed: str, compiled: str, *, path: str, line: int = 0) -> Difference:
    """Compare a lock with what it should be.

    Args:
        committed: The lock's whole text.
        compiled: What it should be, header included.
        path: The lock, for the head of the diff.
        line: Where they begin to differ, where the texts are not the lock itself; 0 finds it.
    """
    old, new = committed.splitlines(), compiled.splitlines()
    equal = next(
        (at for at, pair in enumerate(zip(old, new, strict=False)) if pair[0] != pair[1]), min(len(old), len(new))
    )
    rows = list(difflib.unified_diff(old, new, f"{path} (committed)", f"{path} (compiled)", "", "", _CONTEXT_LINES, ""))
    changed = sum(1 for row in rows[2:] if row.startswith(("-", "+")))
    shown = rows[:MOST_LINES]
    more = len(rows) - len(shown)
    return Difference(
        line=line or max(1, min(equal + 1, len(old))),
        changed=changed,
        shown=(*shown, f"... and {more} more lines") if more else tuple(shown),
    )
