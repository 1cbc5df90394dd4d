"""The sessions that the console command starts: which program each one is, read from `sessions.json` without nox.

The file is made of the noxfile and the table of stages by `nox -s generate`, and a test compares it with what the
sessions of the noxfile start.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

TABLE = Path(__file__).with_suffix(".json")


class Session(NamedTuple):
    """One session.

    `module` is the program in the tree, and `words` are what it is given before the user's options; `unless` one of these is
    among them, `default` follows.
    """

    summary: str
    module: str
    words: tuple[str, ...] = ()
    default: tuple[str, ...] = ()
    unless: frozenset[str] = frozenset()

    def command(self, options: Sequence[str]) -> list[str]:
        """Return module and words with which the session starts its program.

        Args:
            options: Of the user.
        """
        added = () if self.unless.intersection(options) else self.default
        return [self.module, *self.words, *added, "--", *options]


@cache
def sessions() -> dict[str, Session]:
    """Return the sessions by name: those of the noxfile in its order, then one for each stage."""
    return {
        name: Session(
            row["summary"], row["module"], tuple(row["words"]), tuple(row["default"]), frozenset(row["unless"])
        )
        for name, row in json.loads(TABLE.read_text(encoding="utf-8")).items()
    }
