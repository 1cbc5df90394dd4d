"""Run one stage script alone: `python -Im ops.supply_chain.runner.one SCRIPT [OPTIONS] -- [OPTIONS]`.

The nox session of a stage calls this; running the script by its path has the same effect.
"""

from __future__ import annotations

import importlib
import os
import shlex
import sys
from collections.abc import Sequence

from ops.supply_chain import row_of
from ops.supply_chain.core.variables import stage_variables
from ops.supply_chain.runner.handover import OPTIONS_VARIABLE, hidden_options, restart_for
from ops.supply_chain.runner.program_end import leave

SECRETS_ALONE = {"verify_release": ("github",)}
"""Secrets that a stage may see where it runs alone, because an option needs them, and not in a session."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the stage named by the first word, with the other words as its command line.

    Returns:
        The stage's exit code.
    Raises:
        KeyError: There is no such stage.
    """
    script, *words = sys.argv[1:] if argv is None else argv
    module = importlib.import_module(f"ops.supply_chain.{row_of(script).script}")
    options = [word for word in words if word != "--"] + hidden_options()
    code: int = module.main(options)
    return code


def leave_other_variables() -> None:
    """Start this process again with the variables that its stage may see."""
    script, *options = sys.argv[1:]
    words = [*options, *shlex.split(os.environ.get(OPTIONS_VARIABLE, ""))]
    restart_for(stage_variables(secrets_alone(script, words), os.environ))


def secrets_alone(script: str, words: Sequence[str]) -> tuple[str, ...]:
    """Return what a stage that runs alone may see with a command line, in the words of the table of stages."""
    return (*row_of(script).secrets_for(words), *SECRETS_ALONE.get(script, ()))


if __name__ == "__main__":
    if {"-h", "--help"} & set(sys.argv[2:]):
        from ops.supply_chain.runner.command_lines import answer_help

        answer_help(row_of(sys.argv[1]).script)
    leave_other_variables()
    leave(main())
