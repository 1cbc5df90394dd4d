"""The content of `ops/supply_chain/runner/command_lines.json`, from the parsers of the stages."""

from __future__ import annotations

import argparse
import importlib
import json
from typing import Any

from ops.supply_chain import PIPELINE
from ops.supply_chain.core.start import TREE
from ops.supply_chain.runner.arguments import parser_for
from ops.supply_chain.runner.command_lines import TABLE

PATH = TABLE.relative_to(TREE)
OF_ARGPARSE = 2
"""Groups of each parser that argparse has by itself: of positional arguments, and of options."""


def table() -> str:
    """Return the whole table: sorted by stage, options in the order of their parsers."""
    return json.dumps({row.script: _row(row.script) for row in PIPELINE}, indent=1, sort_keys=True) + "\n"


def own_parser(script: str) -> argparse.ArgumentParser:
    """Return the parser that a stage itself makes."""
    module = importlib.import_module(f"ops.supply_chain.{script}")
    parser = parser_for(script, module.__doc__ or script)
    module.arguments(parser)
    return parser


def _row(script: str) -> dict[str, Any]:
    parser, shared = own_parser(script), parser_for(script, "")
    first = len(shared._action_groups)
    groups = parser._action_groups[first:]
    options = [_option(parser, action) for action in parser._actions[len(shared._actions) :]]
    module = importlib.import_module(f"ops.supply_chain.{script}")
    return {"doc": module.__doc__ or script, "groups": [group.title for group in groups], "options": options}


def _option(parser: argparse.ArgumentParser, action: argparse.Action) -> dict[str, Any]:
    found: dict[str, Any] = {"names": action.option_strings or [action.dest]}
    for name in ("nargs", "metavar", "choices"):
        value = getattr(action, name)
        if value is not None:
            found[name] = list(value) if name == "choices" else value
    if action.help is not None:
        found["help"] = parser._get_formatter()._expand_help(action).replace("%", "%%")
    if action.required and action.option_strings:
        found["required"] = True
    groups = [group for group in parser._action_groups[OF_ARGPARSE + 1 :] if action in group._group_actions]
    if groups:
        found["group"] = parser._action_groups.index(groups[0]) - OF_ARGPARSE - 1
    for number, alone in enumerate(parser._mutually_exclusive_groups):
        if action in alone._group_actions:
            assert not alone.required
            found["exclusive"] = number
    return found
