"""What the console command and the noxfile, which run in one process, share about the present run."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

_RETURNED = re.compile(r"Returned code (-?\d+)")
SIGNALLED = 128
"""A shell adds it to the number of the signal that ended a program."""


@dataclasses.dataclass
class ConsoleRun:
    """One run of the console command.

    Attributes:
        home: The folder in which the user called it: the default project, with `dist/` and `data/artifacts/` in it.
        command: What the user typed before the session, for example `uvx sealwright`.
        code: Exit code of the session's program; nox itself ends with 1 whatever it was.
    """

    home: Path
    command: str = "sealwright"
    code: int = 0

    def keep(self, reason: str) -> None:
        """Keep the exit code that nox gives in the text of its error."""
        found = _RETURNED.search(reason)
        code = int(found[1]) if found else 1
        self.code = code if code >= 0 else SIGNALLED - code


current: ConsoleRun | None = None
"""None where nox was started by itself, from a checkout."""
