"""Our own verifier, run as a customer would run it: another process, judged by its exit code alone."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence

from ops.supply_chain.core.errors import OutputError
from ops.supply_chain.core.start import start_words
from ops.supply_chain.core.variables import stage_variables

MODULE = "ops.supply_chain.verify_release"


def command_for(*words: str) -> tuple[str, ...]:
    """Return the command that runs the verifier with this interpreter, apart from the user's own settings."""
    return (sys.executable, *start_words(MODULE), *words)


def run_verifier(command: Sequence[str], *, environment: Mapping[str, str]) -> int:
    """Run the verifier to its end; what it says goes where our own messages go.

    Args:
        command: The whole command line.
        environment: Variables on top of those that a stage without secrets may see.
    Returns:
        Its exit code; negative where a signal ended it.
    Raises:
        OutputError: It cannot be started.
    """
    whole = {**stage_variables((), os.environ), **environment}
    try:
        return subprocess.run(list(command), stdin=subprocess.DEVNULL, env=whole, check=False).returncode
    except OSError as error:
        raise OutputError(f"{command[0]}: cannot be run: {error.strerror or error}") from error
