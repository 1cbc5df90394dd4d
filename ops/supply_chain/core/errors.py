"""The error tree and the exit codes of every script.

A class of error owns one exit code; `runner.stage` is the only place that turns an error or a
verdict into a process exit. 1 is Python's own code for a crash and is never returned on purpose.

Source: DESIGN section 4, "Exit codes".
"""

from __future__ import annotations

from enum import IntEnum
from typing import ClassVar


class ExitCode(IntEnum):
    """What a script's exit status means, the same for every script."""

    PASS = 0
    CRASH = 1
    USAGE = 2
    INPUT = 3
    DENIED = 4
    NOT_EXAMINED = 5
    OUTPUT = 6
    INTERRUPTED = 130


class StageError(Exception):
    """A reason to stop a stage, with what to do next.

    Args:
        message: What is wrong, where (path and line or JSON path), expected against found.
        hint: What to do next, one sentence; empty where there is nothing to advise.
    """

    exit_code: ClassVar[ExitCode]

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def described(self) -> str:
        """Return the message for a person: what is wrong and, on a second line, what to do next."""
        return f"error: {self.message}" + (f"\n  next: {self.hint}" if self.hint else "")


class UsageError(StageError):
    """The command line or the configuration is wrong."""

    exit_code = ExitCode.USAGE


class InputError(StageError):
    """An input file is broken: it does not parse, or breaks its own format's rules."""

    exit_code = ExitCode.INPUT


class UnavailableError(StageError):
    """Something outside did not answer, or its answer cannot be used: nothing was examined."""

    exit_code = ExitCode.NOT_EXAMINED


class OutputError(StageError):
    """What the stage itself made did not pass its own check."""

    exit_code = ExitCode.OUTPUT
