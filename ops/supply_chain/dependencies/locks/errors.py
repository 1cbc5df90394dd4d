"""Errors for malformed locks: file, line, expected and found."""

from __future__ import annotations

import re

from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.core.text import printable

BROKEN = "lock.broken"
"""The code of a lock that cannot be read: nothing in it was examined."""

_AT = re.compile(r"(?P<path>.*?):(?P<line>\d+): (?P<text>.*)", re.DOTALL)


class MalformedLockError(Exception):
    """A part of a lock does not follow its format; the caller adds file and first line.

    Args:
        message: Expected and found; safe to show.
        line: Number of lines below the start of the part.
        hint: What to do next; empty for the usual advice.
    """

    def __init__(self, message: str, line: int = 0, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.hint = hint


def broken(path: str, line: int, message: str, hint: str = "") -> InputError:
    """Return the error for a malformed lock.

    Args:
        path: Relative to the project.
        line: From 1.
        message: Expected and found; safe to show.
        hint: What to do next; empty for the usual advice.
    """
    return InputError(
        f"{printable(path)}:{line}: {message}",
        hint=hint or "Lock again with the tool that made the file, or leave it out with [locks].exclude.",
    )


def broken_finding(path: str, error: InputError) -> Finding:
    """Return the finding for a lock that cannot be read.

    Args:
        path: The lock, relative to the project, printable.
        error: Why; it can be about a file that the lock includes.
    """
    at = _AT.fullmatch(error.message)
    own = at is not None and at["path"] == path
    return Finding(
        code=BROKEN,
        severity=Severity.HIGH,
        message=f"cannot be read, so nothing in it was examined: {at['text'] if at and own else error.message}",
        next_step=error.hint or "Correct the file, or leave it out with [locks].exclude.",
        path=path,
        line=int(at["line"]) if at and own else 0,
    )


def decode_utf8(path: str, data: bytes) -> str:
    """Decode a lock that must be UTF-8.

    Raises:
        InputError: It is not; the line of the first wrong byte is named.
    """
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise broken(path, line, f"expected UTF-8, found byte 0x{data[error.start]:02x}") from error
