"""Which stages of a session get which options: each stage gets those that it has, and one that no stage has is an error."""

from __future__ import annotations

import importlib
from collections.abc import Collection, Sequence

from ops.supply_chain import PIPELINE
from ops.supply_chain.core.commands import command
from ops.supply_chain.core.errors import ErrorClass, UsageError
from ops.supply_chain.runner.arguments import nearest_option, parser_for
from ops.supply_chain.runner.command_lines import flags_of, listed_flags


def route(stages: Sequence[str], options: Sequence[str]) -> dict[str, list[str]]:
    """Distribute the options to the stages that have them.

    Args:
        stages: Stage names.
        options: The command line; at least one stage must have each option.
    Returns:
        Stage name -> its options, in the order given.
    Raises:
        UsageError: No stage has an option, or a word is not an option.
    """
    flags = {stage: _flags(stage) for stage in stages}
    routed: dict[str, list[str]] = {stage: [] for stage in stages}
    position = 0
    while position < len(options):
        flag = options[position].split("=", 1)[0]
        receivers = [stage for stage in flags if flag in flags[stage]]
        if not receivers:
            raise UsageError(
                f"no stage of this session has the option {flag!r}",
                hint=_advice_on(flag, {known for options_of in flags.values() for known in options_of}),
                kind=ErrorClass.COMMAND_LINE,
            )
        following = options[position + 1 : position + 2]
        takes = flags[receivers[0]][flag]
        takes = bool(following) and not following[0].startswith("-") if takes is None else takes
        width = 1 + (takes if "=" not in options[position] else 0)
        for stage in receivers:
            routed[stage] += options[position : position + width]
        position += width
    return routed


def _advice_on(flag: str, known: Collection[str]) -> str:
    """Return what to do about an option that no stage of a session has."""
    if flag.removeprefix("--no-").removeprefix("--") in ("color", "colour"):
        return "Colour is switched by environment variables: NO_COLOR=1, FORCE_COLOR=1."
    owner = next((row.script for row in PIPELINE if flag in _flags(row.script)), "")
    if owner:
        return f"{owner} has it, which is not part of this session. See {command(owner, '--help')}."
    return f"{nearest_option(flag, sorted(known))}The shared options are listed with --help."


def _flags(stage: str) -> dict[str, int | None]:
    listed = listed_flags(stage)
    if listed is not None:
        return listed
    module = importlib.import_module(f"ops.supply_chain.{stage}")
    parser = parser_for(stage, module.__doc__ or stage)
    module.arguments(parser)
    return flags_of(parser)
