"""The result of an advisory gate for people: what was looked at, with what, what stands and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from ops.supply_chain.contracts.values.finding import Finding, Severity

_WORST_FIRST = (Severity.CRITICAL, Severity.HIGH, Severity.UNKNOWN, Severity.MEDIUM, Severity.LOW, Severity.INFO)


class Facts(NamedTuple):
    """What the text is made from.

    `told` describes the sources, one line each. `passed_over` are those that gave no answer, each with
    the reason. `known` are ledgers' days of first sighting: a finding seen on no day before is new.
    """

    title: str
    outcome: str
    counts: Mapping[str, int]
    told: Sequence[str]
    passed_over: Sequence[tuple[str, str]]
    notes: Sequence[str]
    has_ledger: bool
    today: date


def render(facts: Facts, findings: Iterable[Finding]) -> str:
    """Return the text.

    Args:
        facts: Of the run.
        findings: After waivers.
    """
    ordered = sorted(findings, key=lambda one: (_WORST_FIRST.index(one.severity), one.sort_key))
    standing = [one for one in ordered if not one.waived_by]
    waived = [one for one in ordered if one.waived_by]
    lines = [f"{facts.title}: {facts.outcome}", _looked_at(facts.counts)]
    lines += [f"with {source}" for source in facts.told]
    lines += [f"not with {name}: {reason}" for name, reason in facts.passed_over]
    lines += [f"note: {note}" for note in facts.notes]
    lines += [line for one in standing for line in _standing(one, facts)]
    lines += [f"waived by {one.waived_by}: {one.message} at {_places(one)}" for one in waived]
    return "\n".join(lines)


def _looked_at(counts: Mapping[str, int]) -> str:
    said = f"{counts['locks']} locks, {counts['examined']} of {counts['locked']} distinct pins examined"
    own = counts.get("out_of_scope", 0)
    return said + (f", {own} more are the project's own" if own else "")


def _standing(one: Finding, facts: Facts) -> list[str]:
    new = ""
    if facts.has_ledger and one.aliases and not one.first_seen:
        new = "new, "
    elif one.first_seen and one.first_seen != facts.today.isoformat():
        new = f"seen since {one.first_seen}, "
    return [f"[{one.severity}] {new}{one.code} at {_places(one)}", f"    {one.message}", f"    next: {one.next_step}"]


def _places(one: Finding) -> str:
    place = f"{one.path}:{one.line}" if one.line else one.path or "no file"
    return place if one.places <= 1 else f"{place} and {one.places - 1} more"
