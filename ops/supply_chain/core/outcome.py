"""The three outcomes of everything that decides: pass, fail, not examined.

Source: DESIGN section 1, idea 1.
"""

from __future__ import annotations

from enum import StrEnum

from ops.supply_chain.core.errors import ExitCode


class Outcome(StrEnum):
    """How a stage or a rule ended; there is no fourth."""

    PASS = "pass"  # noqa: S105 - the word of the contract, not a password
    FAIL = "fail"
    NOT_EXAMINED = "not-examined"


_EXIT_CODES = {
    Outcome.PASS: ExitCode.PASS,
    Outcome.FAIL: ExitCode.DENIED,
    Outcome.NOT_EXAMINED: ExitCode.NOT_EXAMINED,
}


def exit_code_of(outcome: Outcome) -> ExitCode:
    """Return the exit code that stands for an outcome.

    Args:
        outcome: Any of the three.
    Returns:
        0, 4 or 5.
    """
    return _EXIT_CODES[outcome]


def worst(outcomes: list[Outcome]) -> Outcome:
    """Fold many outcomes into one: a failure outweighs what was not examined, which outweighs a pass.

    Args:
        outcomes: Any order; empty means that nothing was examined.
    Returns:
        The outcome of the whole.
    """
    if Outcome.FAIL in outcomes:
        return Outcome.FAIL
    if not outcomes or Outcome.NOT_EXAMINED in outcomes:
        return Outcome.NOT_EXAMINED
    return Outcome.PASS
