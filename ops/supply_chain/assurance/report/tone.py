"""The tone of an item, which the page shows as colour, shape and word together.

Nothing that was not examined ever gets the tone of a pass.
"""

from __future__ import annotations

from enum import StrEnum

from ops.supply_chain.contracts.values.finding import Severity
from ops.supply_chain.core.outcome import Outcome


class Tone(StrEnum):
    """The meaning of a colour and shape; `rehearsed` is a pass in a rehearsal, `plain` is neutral."""

    PASS = "pass"  # noqa: S105 - the word of the contract, not a password
    FAIL = "fail"
    UNKNOWN = "unknown"
    REHEARSED = "rehearsed"
    PLAIN = "plain"


WORST_FIRST = (
    Severity.CRITICAL,
    Severity.HIGH,
    Severity.UNKNOWN,
    Severity.MEDIUM,
    Severity.LOW,
    Severity.INFO,
)
"""Severities in the order of the page; unknown counts as high and comes after it."""

_TONES = {Outcome.PASS: Tone.PASS, Outcome.FAIL: Tone.FAIL, Outcome.NOT_EXAMINED: Tone.UNKNOWN}
_WORDS = {Outcome.PASS: "passed", Outcome.FAIL: "failed", Outcome.NOT_EXAMINED: "not examined"}


def tone_of(outcome: Outcome) -> Tone:
    """Return the tone of an outcome."""
    return _TONES[outcome]


def word_of(outcome: Outcome) -> str:
    """Return the word of an outcome."""
    return _WORDS[outcome]


def plural(count: int, singular: str, plural_form: str = "") -> str:
    """Return a count with its noun: `1 file`, `2 files`, `1,000 files`."""
    return f"{count:,} {singular if count == 1 else plural_form or singular + 's'}"
