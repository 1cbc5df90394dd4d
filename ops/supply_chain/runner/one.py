"""Run one stage script alone: `python -Im ops.supply_chain.runner.one SCRIPT [OPTIONS] -- [OPTIONS]`.

The nox session of a stage calls this; running the script by its path has the same effect.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence

from ops.supply_chain import row_of
from ops.supply_chain.runner.arguments import hidden_options


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


if __name__ == "__main__":
    raise SystemExit(main())
