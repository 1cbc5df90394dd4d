"""The sessions that the console command starts: which program each one is, read from `sessions.json` without nox.

The file is made of the noxfile and the tables of stages and variables by `nox -s generate`, and a test compares it with what the
sessions of the noxfile start. It is read without `pathlib` and `typing`, which take longer to import than it takes to read.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from functools import cache

from sealwright import FOLDER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

TABLE = os.path.join(FOLDER, "sessions.json")  # noqa: PTH118 - as the docstring has it
PROGRAMS = "sessions"
VARIABLES = "variables"
OF_EACH = ""
"""In the table of variables: the expression for those of each stage; the others are named as in the table of stages."""

KEPT = "SEALWRIGHT_OPTIONS"
"""Has options that nox must not print; the program reads and removes it."""


class Session:
    """One session.

    Args:
        summary: What it does, in a sentence.
        module: Its program in the tree.
        words: What the program is given before the user's options.
        default: What follows these, unless one of `unless` is among the options.
        unless: Options.
        secrets: What its program may see beyond the variables of each stage, as the table of stages has it; None where the
            program removes what its stages may not see. `WORD if OPTION ...` and `WORD unless OPTION ...` depend on the options.
    """

    def __init__(
        self,
        summary: str,
        module: str,
        words: Sequence[str],
        default: Sequence[str],
        unless: Sequence[str],
        secrets: Sequence[str] | None = None,
    ) -> None:
        self.summary = summary
        self.module = module
        self.words = words
        self.default = default
        self.unless = unless
        self.secrets = secrets

    def command(self, options: Sequence[str]) -> list[str]:
        """Return module and words with which the session starts its program.

        Args:
            options: Of the user.
        """
        added = () if set(self.unless).intersection(options) else self.default
        return [self.module, *self.words, *added, "--", *options]

    def variables(self, outer: Mapping[str, str], options: Sequence[str]) -> dict[str, str]:
        """Return the variables with which the program is started.

        A stage that runs alone would otherwise start again, to be without those that it may not see.

        Args:
            outer: The variables of this process.
            options: Of the user.
        """
        if self.secrets is None or not hasattr(os, "memfd_create"):  # elsewhere a stage keeps all
            return dict(outer)
        expressions = _table()[VARIABLES]
        needed = [
            name
            for name, *condition in map(str.split, self.secrets)
            if _holds(condition, [*self.command(options), *_kept(outer)])
        ]
        wanted = re.compile("|".join(expressions[name] for name in (OF_EACH, *needed)))
        return {name: value for name, value in outer.items() if name == KEPT or wanted.fullmatch(name)}


def _kept(outer: Mapping[str, str]) -> list[str]:
    if not outer.get(KEPT):
        return []
    import shlex

    return shlex.split(outer[KEPT])


def _holds(condition: Sequence[str], words: Sequence[str]) -> bool:
    """Return whether a secret is needed with a command line, as the table of stages decides it."""
    given = {word.partition("=")[0] for word in words}
    return not condition or (condition[0] == "if") == bool(given.intersection(condition[1:]))


@cache
def sessions() -> dict[str, Session]:
    """Return the sessions by name: those of the noxfile in its order, then one for each stage."""
    return {name: Session(**row) for name, row in _table()[PROGRAMS].items()}


@cache
def _table() -> dict[str, dict[str, Any]]:
    with open(TABLE, encoding="utf-8") as file:  # noqa: PTH123 - as the docstring has it
        found: dict[str, dict[str, Any]] = json.load(file)
    return found
