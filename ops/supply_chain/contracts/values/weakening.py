"""Settings that make the release gate weaker than its default, in words: the same wherever a verdict is shown."""

from __future__ import annotations

from collections.abc import Iterable

MOST_DAYS = 366
"""For how many days a weaker setting may be accepted: a year, as long as a release is retained by default."""

PROPOSED_DAYS = 180
"""For how many days the entry that is proposed accepts one."""

WEAKENED = "Weakened by configuration"
"""How a sentence begins that names weaker settings."""

NOT_RECORDED = "not recorded: the verdict is of an earlier version"
"""Text in place of the settings where a verdict does not have them."""


def setting_in_words(setting: str, default: str, value: str, *, reason: str = "", until: str = "") -> str:
    """Return one weaker setting as a clause: from what to what, and until when and why that is accepted."""
    change = f"{setting} from {default} to {value}"
    return f"{change} (accepted until {until}: {reason})" if until else f"{change} (not accepted)"


def weakened_sentence(clauses: Iterable[str]) -> str:
    """Return all weaker settings as one text; empty where there is none."""
    text = "; ".join(clauses)
    return f"{WEAKENED[:1].lower()}{WEAKENED[1:]}: {text}" if text else ""
