"""Accept what is weaker than the default: only what an entry of `[[policy.weakened]]` names, until its last day."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import date, timedelta

import msgspec

from ops.supply_chain.contracts.config.file import CONFIG_NAME
from ops.supply_chain.contracts.config.policy import WeakenedSetting
from ops.supply_chain.contracts.files.verdict import Reason, RuleVerdict, Weakening
from ops.supply_chain.contracts.values.weakening import MOST_DAYS, PROPOSED_DAYS
from ops.supply_chain.core.outcome import Outcome

WEAKENED_RULE = "not-weakened"
"""Last part of the code under which a setting that is not accepted is denied."""

TABLE = "[[policy.weakened]]"


def accept(weakened: Iterable[Weakening], entries: Sequence[WeakenedSetting], today: date) -> tuple[Weakening, ...]:
    """Add to each weakened setting the entry that accepts it on a day.

    Args:
        weakened: What is weaker than the default.
        entries: Those of the configuration.
        today: The day of the run, in UTC.
    Returns:
        Sorted by setting; without reason and dates where no valid entry has its setting and its value.
    """
    return tuple(sorted((_accepted(weakening, entries, today) for weakening in weakened), key=_order))


def unused(weakened: Iterable[Weakening], entries: Iterable[WeakenedSetting]) -> list[str]:
    """Return a sentence for each entry that accepts nothing, because nothing weaker has its setting and value."""
    known = {_order(weakening) for weakening in weakened}
    return [
        f"{TABLE} for {entry.setting} has no effect: nothing weaker has this setting and value"
        for entry in entries
        if (entry.setting, entry.value) not in known
    ]


def refuse(
    weakened: Iterable[Weakening], entries: Sequence[WeakenedSetting], today: date, *, profile: str
) -> RuleVerdict | None:
    """Deny the settings that no entry accepts; None where there is none.

    Args:
        weakened: As `accept` returns them.
        entries: Those of the configuration: an entry that is not valid is named.
        today: The day of the run, in UTC.
        profile: The profile under whose name they are denied.
    """
    denials = tuple(_denial(weakening, entries, today) for weakening in weakened if not weakening.until)
    if not denials:
        return None
    return RuleVerdict(
        code=f"{profile}.{WEAKENED_RULE}",
        title="No setting is weaker than its default, unless it is accepted until a day",
        outcome=Outcome.FAIL,
        examined=0,
        unknown=0,
        denials=denials,
        unknowns=(),
    )


def proposal(weakening: Weakening, today: date) -> str:
    """Return the entry that accepts a weakened setting, as TOML, with the reason left to write."""
    pairs = {
        "setting": weakening.setting,
        "value": weakening.value,
        "reason": "",
        "date": today.isoformat(),
        "until": (today + timedelta(days=PROPOSED_DAYS)).isoformat(),
    }
    return "\n".join([TABLE, *(f"{key} = {_quoted(text)}" for key, text in pairs.items())])


def _order(weakening: Weakening) -> tuple[str, str]:
    return weakening.setting, weakening.value


def _accepted(weakening: Weakening, entries: Iterable[WeakenedSetting], today: date) -> Weakening:
    for entry in entries:
        if _is_about(entry, weakening) and not entry_problem(entry, today):
            return msgspec.structs.replace(weakening, reason=entry.reason.strip(), date=entry.date, until=entry.until)
    return weakening


def _is_about(entry: WeakenedSetting, weakening: Weakening) -> bool:
    return (entry.setting, entry.value) == _order(weakening)


def entry_problem(entry: WeakenedSetting, today: date) -> str:
    """Return why an entry accepts nothing today; empty where it does."""
    start, end = _day(entry.date), _day(entry.until)
    if not entry.reason.strip():
        return "has no reason"
    if start is None or end is None:
        return "has no date and until of the form YYYY-MM-DD"
    if start > today:
        return f"is dated {start}, in the future"
    if (end - start).days > MOST_DAYS:
        return f"is valid for {(end - start).days} days; at most {MOST_DAYS} are allowed"
    return f"expired on {end}" if end < today else ""


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day.isoformat() == text else None


def _denial(weakening: Weakening, entries: Iterable[WeakenedSetting], today: date) -> Reason:
    about = [entry for entry in entries if entry.setting == weakening.setting]
    problems = [
        entry_problem(entry, today) if _is_about(entry, weakening) else f"accepts the value {entry.value}, not this one"
        for entry in about
    ]
    why = f"its entry {problems[0]}" if problems else f"no entry of {TABLE} accepts it"
    return Reason(
        message=f"{weakening.setting} is weaker than its default: from {weakening.default} to {weakening.value}; {why}",
        subject=weakening.setting,
        fix=f"Restore the default, or accept it for a time, where customers see it: add {TABLE} with "
        f"setting = {_quoted(weakening.setting)}, value = {_quoted(weakening.value)}, a reason, date and until to "
        f"{CONFIG_NAME}.",
    )


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
