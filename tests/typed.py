"""What a stage prints for a command that it recorded."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from ops.supply_chain.core.commands import Typing, as_typed


def typed(text: str, project: Path, artifacts: Path | None = None) -> str:
    """Return a text as it is printed in a run with `--project`, and with `--artifacts` where that is given."""
    return as_typed(text, Typing(project=str(project), artifacts="" if artifacts is None else str(artifacts)))


def follow(command: str, project: Path, elsewhere: Path) -> None:
    """Type a command of another tool into a shell, as it is printed, in another folder than the project's."""
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    subprocess.run(
        ["sh", "-ec", typed(command, project)], cwd=elsewhere, env=environment, check=True, capture_output=True
    )
