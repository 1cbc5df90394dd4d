"""What a stage prints for a command that it recorded."""

from __future__ import annotations

from pathlib import Path

from ops.supply_chain.core.commands import Typing, as_typed


def typed(text: str, project: Path) -> str:
    """Return a text as it is printed in a run with `--project`."""
    return as_typed(text, Typing(project=str(project)))
