"""What people change: fields of a decision about an item or a risk, checked before anything is stored."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import NamedTuple, TypeVar

import msgspec
from msgspec.structs import replace

from ops.supply_chain.contracts.files.backlog import (
    Backlog,
    BacklogDecision,
    BacklogItem,
    HistoryEntry,
    ItemState,
    Risk,
    RiskDecision,
)
from ops.supply_chain.core.text import excerpt, printable
from ops.supply_chain.suppliers.backlog.review import ReviewDay
from ops.supply_chain.suppliers.backlog.states import state_of

LONGEST_TEXT = 2000
"""Characters of one field."""

BY_HAND = "edit"
"""Who made a change, in its history, where the change does not name anyone."""

ITEM_FIELDS = ("state", "owner", "by", "until", "reason", "planned", "note")
RISK_FIELDS = (
    "likelihood", "impact", "exposure", "controls", "treatment", "action", "owner", "due", "residual_likelihood", "residual_impact",
    "accepted_by", "review", "note",
)  # fmt: skip

DECIDABLE = tuple(state for state in ItemState if state is not ItemState.FIXED)

_NUMBERS = frozenset(("", "1", "2", "3", "4", "5"))
_DAYS = frozenset({"until", "planned", "due", "review"})
_SCALES = frozenset({"likelihood", "impact", "residual_likelihood", "residual_impact"})
_Decision = TypeVar("_Decision", BacklogDecision, RiskDecision)


class Edited(NamedTuple):
    """A backlog after a change, the ids that were changed, and why the change is refused; then nothing was changed."""

    backlog: Backlog
    ids: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


def apply_changes(backlog: Backlog, changes: Mapping[str, Mapping[str, str]], day: ReviewDay) -> Edited:
    """Change the decisions about some items and risks: all of them, or none if one is refused.

    Args:
        backlog: As it is.
        changes: Id -> field -> new value as text; a value that is not new changes nothing.
        day: When.
    """
    items = {item.id: item for item in backlog.items}
    inner = {merged.item.id: item.id for item in backlog.items for merged in item.merged}
    risks = {risk.id: risk for risk in backlog.risks}
    problems: list[str] = []
    ids: list[str] = []
    for key, fields in changes.items():
        found = items.get(inner.get(key, key)) or risks.get(key)
        if found is None:
            problems.append(_unknown(key, [*items, *inner, *risks]))
        elif isinstance(found, BacklogItem):
            item, wrong = _edited_item(found, fields, day)
            problems += [f"{key}: {problem}" for problem in wrong]
            if item != found:
                items[found.id] = item
                ids.append(found.id)
        else:
            risk, wrong = _edited_risk(found, fields, day)
            problems += [f"{key}: {problem}" for problem in wrong]
            if risk != found:
                risks[found.id] = risk
                ids.append(found.id)
    if problems:
        return Edited(backlog, problems=tuple(problems))
    changed = replace(backlog, items=tuple(items.values()), risks=tuple(risks.values()))
    return Edited(changed, tuple(dict.fromkeys(ids)))


def _unknown(key: str, known: list[str]) -> str:
    nearest = difflib.get_close_matches(key, known, n=1)
    return f"{excerpt(key)}: there is no such item or risk" + (f"; the nearest is {nearest[0]}" if nearest else "")


def _edited_item(item: BacklogItem, fields: Mapping[str, str], day: ReviewDay) -> tuple[BacklogItem, list[str]]:
    if fields.get("state", "").strip() == ItemState.FIXED.value:
        return item, ["state: 'fixed' follows from a newer accepted document of the product, and is not set by hand"]
    decision, problems = _changed(item.decision, fields, ITEM_FIELDS)
    # What was decided before an item came back is decided again, though it is the same.
    is_again = "state" in fields and state_of(item, day.today) is not decision.state
    if problems or (decision == item.decision and not is_again):
        return item, problems
    if decision.state is not ItemState.ACCEPTED and item.decision.state is ItemState.ACCEPTED and "until" not in fields:
        decision = replace(decision, until="")
    problems = list(_incomplete(decision, item.decision, day.today))
    if problems:
        return item, problems
    decision = replace(decision, decided=day.today, revision=item.decision.revision + 1)
    text = "; ".join(_differences(item.decision, decision, ITEM_FIELDS)) or f"state: {decision.state.value}, again"
    entry = HistoryEntry(at=day.at, text=text, by=fields.get("by", "").strip() or BY_HAND)
    return replace(item, decision=decision, history=(*item.history, entry)), []


def _incomplete(decision: BacklogDecision, before: BacklogDecision, today: str) -> list[str]:
    """Return what a decision lacks."""
    state = decision.state
    missing = [
        name
        for name in ("by", "reason")
        if state in (ItemState.ACCEPTED, ItemState.NOT_AFFECTED) and not getattr(decision, name)
    ]
    if state is ItemState.ACCEPTED and not decision.until:
        missing.append("until")
    problems = [f"state={state.value} needs {' and '.join(f'{name}=...' for name in missing)}"] if missing else []
    if state is ItemState.ACCEPTED and decision.until and decision.until < today and decision.until != before.until:
        problems.append(f"until: {decision.until} has passed")
    return problems


def _edited_risk(risk: Risk, fields: Mapping[str, str], day: ReviewDay) -> tuple[Risk, list[str]]:
    decision, problems = _changed(risk.decision, fields, RISK_FIELDS)
    if problems or decision == risk.decision:
        return risk, problems
    decision = replace(decision, decided=day.today, revision=risk.decision.revision + 1)
    return replace(risk, decision=decision), []


def _changed(decision: _Decision, fields: Mapping[str, str], allowed: tuple[str, ...]) -> tuple[_Decision, list[str]]:
    problems: list[str] = []
    values: dict[str, object] = {}
    for name, raw in fields.items():
        if name not in allowed:
            nearest = difflib.get_close_matches(name, allowed, n=1, cutoff=0.0)[0]
            problems.append(f"{excerpt(name)}: no field that can be set; the nearest is {nearest}")
            continue
        text = " ".join(raw.split())
        value, problem = _value(name, text, type(getattr(decision, name)))
        if problem:
            problems.append(f"{name}: {problem}")
        else:
            values[name] = value
    return (decision if problems else replace(decision, **values)), problems


def _value(name: str, text: str, kind: type) -> tuple[object, str]:
    """Return the value of a text, and why it is none, or empty."""
    if text != printable(text) or not text.isprintable():
        return text, "has characters that cannot be shown"
    if len(text) > LONGEST_TEXT:
        return text, f"has {len(text):,} characters, {LONGEST_TEXT:,} at most"
    if name in _DAYS:
        return text, "" if not text or _is_day(text) else f"expected a date as 2026-01-31, found {excerpt(text)!r}"
    if name in _SCALES:
        return (int(text or "0"), "") if text in _NUMBERS else (0, f"expected 1 to 5, found {excerpt(text)!r}")
    if issubclass(kind, StrEnum):
        allowed = {value.value: value for value in (DECIDABLE if kind is ItemState else kind)}
        problem = f"expected one of {', '.join(filter(None, allowed))}, found {excerpt(text)!r}"
        return allowed.get(text), "" if text in allowed else problem
    return text, ""


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _differences(before: _Decision, after: _Decision, fields: tuple[str, ...]) -> list[str]:
    was, now = msgspec.to_builtins(before), msgspec.to_builtins(after)
    found = [(name, was.get(name, ""), now.get(name, "")) for name in fields]
    return [f"{name}: {old or '(none)'} -> {new or '(none)'}" for name, old, new in found if old != new]
