"""The content of `sealwright/sessions.json`: what the sessions of the noxfile start, seen by running them without programs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ops.supply_chain import row_of
from ops.supply_chain.core.start import TREE
from ops.supply_chain.core.variables import CHILDREN, NEEDS, Child
from ops.supply_chain.core.variables import VARIABLES as EXPRESSIONS
from ops.supply_chain.runner.command_lines import HELP, listed_flags
from ops.supply_chain.runner.one import SECRETS_ALONE
from sealwright.sessions import OF_EACH, PROGRAMS, TABLE, VARIABLES
from tests.printed.scratch import sessions, started_with

PATH = Path(TABLE).relative_to(TREE)
OURS = "ops.supply_chain."
ONE = "ops.supply_chain.runner.one"
"""The program that runs a stage alone; the stage is its first word."""


def table() -> str:
    """Return the whole table, in the order of the noxfile; sessions for contributors start other programs, and are not in it."""
    found = {name: _row(session) for name, session in sessions().items()}
    programs = {name: row for name, row in found.items() if row is not None}
    return json.dumps({PROGRAMS: programs, VARIABLES: _variables()}, indent=1) + "\n"


def _variables() -> dict[str, str]:
    """Return the expressions for the variables that each stage may see, and for those of each word of the column `secrets`."""
    groups = {OF_EACH: CHILDREN[Child.STAGE], **NEEDS}
    return {name: "|".join(EXPRESSIONS[group] for group in sorted(found)) for name, found in groups.items()}


def _row(session: Any) -> dict[str, Any] | None:
    module, words = started_with(session, [])
    if not module.startswith(OURS):
        return None
    flags = {*(listed_flags(words[0]) or {}), *HELP} if module == ONE else set()
    fewer = {flag: started_with(session, [flag])[1][:-2] for flag in sorted(flags)}
    unless = [flag for flag, given in fewer.items() if given != words[:-1]]
    kept = fewer[unless[0]] if unless else words[:-1]
    return {
        "summary": (session.__doc__ or "").strip().partition("\n")[0],
        "module": module,
        "words": kept,
        "default": words[len(kept) : -1],
        "unless": unless,
        **({"secrets": [*row_of(words[0]).secrets, *SECRETS_ALONE.get(words[0], ())]} if module == ONE else {}),
    }
