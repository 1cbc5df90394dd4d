"""The summary of a GitHub Actions step: a file that the runner names, shown to everybody who sees the run.

Source: docs.github.com, "Workflow commands", "Adding a job summary".
"""

from __future__ import annotations

import os
from pathlib import Path

from ops.supply_chain.core.errors import OutputError

VARIABLE = "GITHUB_STEP_SUMMARY"


def wanted() -> bool:
    """Return whether there is a step whose summary can be written."""
    return bool(os.environ.get(VARIABLE))


def append(text: str) -> None:
    """Add Markdown to the step's summary; nothing happens outside a step.

    Raises:
        OutputError: The file cannot be written.
    """
    if not wanted():
        return
    try:
        with Path(os.environ[VARIABLE]).open("a", encoding="utf-8") as handle:
            handle.write(text)
    except OSError as error:
        raise OutputError(f"${VARIABLE} cannot be written: {error.strerror or error}") from error
