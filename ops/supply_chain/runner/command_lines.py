"""The command lines of all stages as data, so that neither `--help` nor a session imports a stage to know its options.

`command_lines.json` is made from the parsers of the stages by `nox -s generate`; a test compares the two. A stage that is
not in it is imported.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from ops.supply_chain.core.errors import ExitCode, OutputError
from ops.supply_chain.runner.arguments import parser_for
from ops.supply_chain.runner.streams import advise_for, print_error, require_streams

TABLE = Path(__file__).with_suffix(".json")
HELP = frozenset({"-h", "--help"})
_SHOWN = frozenset({"nargs", "metavar", "choices", "required", "help"})


class ListedOption(argparse.Action):
    """An option as the table has it: enough to be shown, and nothing to parse with."""

    def __call__(self, *_: object) -> None:
        """Refuse to parse.

        Raises:
            TypeError: Always: the stage's own parser reads its command line.
        """
        raise TypeError("the table of command lines shows help, and parses nothing")


def answer_help(script: str) -> None:
    """End this program with the help of its stage, if its command line asks for that; else prepare it for its imports.

    Called where the program of a stage begins: what the stage imports is not needed for its help.

    Args:
        script: The stage.
    """
    words = sys.argv[1:]
    parser = listed_parser(script) if HELP & set(words) else None
    if parser is not None:
        raise SystemExit(begin(parser, words))
    from ops.supply_chain.core.imports import begin_imports

    begin_imports()


def begin(parser: argparse.ArgumentParser, words: Sequence[str]) -> int | None:
    """Open the streams of a stage, and print its help if its command line asks for it.

    Args:
        parser: Its parser.
        words: Its command line without the program.
    Returns:
        The exit code where nothing remains to be done; None where the stage is to run.
    """
    advise_for("")
    try:
        require_streams()
        if HELP & set(words):
            parser.print_help()
            return ExitCode.PASS
    except OutputError as error:
        print_error(error.public() if "--public-log" in words else error.described())
        return error.exit_code
    return None


def listed_parser(script: str) -> argparse.ArgumentParser | None:
    """Return a parser that shows the help of a stage; None where the table does not have it."""
    row = _table().get(script)
    if row is None:
        return None
    parser = parser_for(script, row["doc"])
    groups = [parser.add_argument_group(title) for title in row["groups"]]
    alone: dict[int, argparse._MutuallyExclusiveGroup] = {}
    for option in row["options"]:
        home: argparse._ActionsContainer = groups[option["group"]] if "group" in option else parser
        if "exclusive" in option:
            home = alone.get(option["exclusive"]) or home.add_mutually_exclusive_group()
            alone[option["exclusive"]] = home
        shown = {key: value for key, value in option.items() if key in _SHOWN}
        if isinstance(shown.get("metavar"), list):
            shown["metavar"] = tuple(shown["metavar"])
        home.add_argument(*option["names"], action=ListedOption, **shown)
    return parser


def listed_flags(script: str) -> dict[str, int | None] | None:
    """Return the options of a stage, each with the number of words that follow it; None where the table does not have it.

    The number is None where one word may follow, or none.
    """
    row = _table().get(script)
    if row is None:
        return None
    own = {name: _width(option.get("nargs")) for option in row["options"] for name in option["names"]}
    return flags_of(parser_for(script, "")) | {name: width for name, width in own.items() if name.startswith("-")}


def flags_of(parser: argparse.ArgumentParser) -> dict[str, int | None]:
    """Return the options of a parser, likewise."""
    return {
        flag: _width(action.nargs)
        for action in parser._actions  # noqa: SLF001 - argparse has no public list of its options
        for flag in action.option_strings
    }


def _width(nargs: int | str | None) -> int | None:
    return None if nargs == "?" else 0 if nargs == 0 else 1


@cache
def _table() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = json.loads(TABLE.read_text(encoding="utf-8"))
    return found
