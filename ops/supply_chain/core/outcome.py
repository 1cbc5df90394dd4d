"""The three outcomes of every decision: pass, fail, not examined. docs/contracts.md explains why there are three."""

from __future__ import annotations

from enum import StrEnum

from ops.supply_chain.core.errors import ExitCode


class Outcome(StrEnum):
    """How a stage or a rule ended."""

    PASS = "pass"  # noqa: S105 - the word of the contract, not a password
    FAIL = "fail"
    NOT_EXAMINED = "not-examined"


_EXIT_CODES = {
    Outcome.PASS: ExitCode.PASS,
    Outcome.FAIL: ExitCode.DENIED,
    Outcome.NOT_EXAMINED: ExitCode.NOT_EXAMINED,
}


def exit_code_of(outcome: Outcome) -> ExitCode:
    """Return the exit code of an outcome: 0, 4 or 5."""
    return _EXIT_CODES[outcome]


def exit_code_for(outcome: Outcome, *, broken: bool) -> ExitCode:
    """Return the exit code of an outcome for which an input may have been broken.

    Args:
        outcome: Of everything that was examined.
        broken: True if one input could not be read: a failure is worse, everything else is not.
    """
    return ExitCode.INPUT if broken and outcome is not Outcome.FAIL else exit_code_of(outcome)


def worst(outcomes: list[Outcome]) -> Outcome:
    """Return the worst of many outcomes: a failure is worse than not examined, which is worse than a pass.

    Args:
        outcomes: Any order; an empty list means that nothing was examined.
    """
    if Outcome.FAIL in outcomes:
        return Outcome.FAIL
    if not outcomes or Outcome.NOT_EXAMINED in outcomes:
        return Outcome.NOT_EXAMINED
    return Outcome.PASS
