"""How checks and their lines are made."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ops.supply_chain.contracts.files.verification import Check, Line
from ops.supply_chain.core.outcome import Outcome


def passed(subject: str, message: str, command: str = "") -> Line:
    """Return a line for what is as it has to be."""
    return Line(subject=subject, outcome=Outcome.PASS, message=message, command=command)


def failed(subject: str, message: str, command: str = "") -> Line:
    """Return a line for what is not."""
    return Line(subject=subject, outcome=Outcome.FAIL, message=message, command=command)


def unseen(subject: str, message: str, command: str = "") -> Line:
    """Return a line for what nobody could look at."""
    return Line(subject=subject, outcome=Outcome.NOT_EXAMINED, message=message, command=command)


def tolerated(lines: Iterable[Line], why: str) -> list[Line]:
    """Return the lines with those that are not a pass marked as tolerated; their outcome stays what it is.

    Args:
        lines: Any.
        why: `REHEARSAL` or `UNSIGNED`; empty leaves all as they are.
    """
    return [replace(line, tolerated=why) if why and line.outcome is not Outcome.PASS else line for line in lines]


def judged(subject: str, problems: Iterable[str], good: str, command: str = "") -> tuple[Line, ...]:
    """Return a failing line for each problem, or one passing line where there is none."""
    found = tuple(failed(subject, problem, command) for problem in problems)
    return found or (passed(subject, good, command),)


def check(code: str, title: str, lines: Iterable[Line]) -> Check:
    """Return a check; its lines keep their order."""
    return Check(code=code, title=title, lines=tuple(lines))
