"""Constructors of checks and their lines."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ops.supply_chain.contracts.files.verification import Check, Line
from ops.supply_chain.core.outcome import Outcome


def passed(subject: str, message: str, command: str = "") -> Line:
    """Return a passing line."""
    return Line(subject=subject, outcome=Outcome.PASS, message=message, command=command)


def failed(subject: str, message: str, command: str = "") -> Line:
    """Return a failing line."""
    return Line(subject=subject, outcome=Outcome.FAIL, message=message, command=command)


def unseen(subject: str, message: str, command: str = "") -> Line:
    """Return a line for what could not be examined."""
    return Line(subject=subject, outcome=Outcome.NOT_EXAMINED, message=message, command=command)


def tolerated(lines: Iterable[Line], why: str) -> list[Line]:
    """Return the lines, marking those that do not pass as tolerated; their outcome is unchanged.

    Args:
        lines: Any lines.
        why: `REHEARSAL` or `UNSIGNED`; empty leaves them unchanged.
    """
    return [replace(line, tolerated=why) if why and line.outcome is not Outcome.PASS else line for line in lines]


def judged(subject: str, problems: Iterable[str], good: str, command: str = "") -> tuple[Line, ...]:
    """Return a failing line for each problem, or one passing line if there is none."""
    found = tuple(failed(subject, problem, command) for problem in problems)
    return found or (passed(subject, good, command),)


def check(code: str, title: str, lines: Iterable[Line]) -> Check:
    """Return a check; its lines keep their order."""
    return Check(code=code, title=title, lines=tuple(lines))
