"""The error tree and the exit codes of every script.

Each class of error has one exit code; `runner.stage` is the only place that turns an error or an outcome into a process
exit. 1 is Python's own code for a crash and is never returned on purpose. docs/contracts.md explains the codes.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum
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

    @property
    def meaning(self) -> str:
        """The meaning, in a few words, as the table in docs/sessions.md has it."""
        return _MEANINGS[self]


_MEANINGS = {
    ExitCode.PASS: "pass",
    ExitCode.CRASH: "a crash: a defect in sealwright",
    ExitCode.USAGE: "wrong command line or configuration",
    ExitCode.INPUT: "an input is broken",
    ExitCode.DENIED: "denied: there are open findings",
    ExitCode.NOT_EXAMINED: "not examined: an outside service or a feed did not give a usable answer",
    ExitCode.OUTPUT: "the stage's own output failed its check",
    ExitCode.INTERRUPTED: "interrupted",
}


class ErrorClass(StrEnum):
    """What a public log may show of an error: fixed words, never data."""

    BUSY = "another run is working there"
    COMMAND_LINE = "wrong command line"
    CONFIGURATION = "wrong configuration"
    FOLDER = "folder not made by sealwright"
    NAME = "name or version that no file can have"
    NO_CONFIGURATION = "no configuration"
    NO_PROJECT = "no project folder"
    NO_TOKEN = "no usable token"  # noqa: S105 - words, not a token
    NO_VERSION = "no version"
    SEVERAL_VERSIONS = "several versions"
    STDOUT = "stdout cannot be written"


class StageError(Exception):
    """A reason to stop a stage, and the next step.

    Args:
        message: What is wrong, where (path and line, or JSON path), what was expected and what was found.
        hint: What to do next, in one sentence; empty where there is nothing to advise.
        kind: The class that a public log shows; None shows the meaning of the exit code.
    """

    exit_code: ClassVar[ExitCode]

    def __init__(self, message: str, *, hint: str = "", kind: ErrorClass | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.kind = kind

    def described(self) -> str:
        """Return the message and, on a second line, the next step."""
        return f"error: {self.message}" + (f"\n  next: {self.hint}" if self.hint else "")

    def public(self) -> str:
        """Return the exit code and the class of the error: all that a public log may show."""
        return f"error: exit {int(self.exit_code)} ({self.kind or self.exit_code.meaning})"


class UsageError(StageError):
    """The command line or the configuration is wrong."""

    exit_code = ExitCode.USAGE


class InputError(StageError):
    """An input file is broken: it does not parse, or breaks its own format's rules."""

    exit_code = ExitCode.INPUT


class UnavailableError(StageError):
    """An outside service did not answer, or its answer cannot be used: nothing was examined."""

    exit_code = ExitCode.NOT_EXAMINED


class OutputError(StageError):
    """The stage's own output did not pass its check."""

    exit_code = ExitCode.OUTPUT
