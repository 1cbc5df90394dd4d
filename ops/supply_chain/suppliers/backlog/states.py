"""The state of an item: what people decided, unless documents or statements show that nothing is left to do.

What cannot be checked is never closed: an item keeps its open state, and an acceptance that ended counts as triaged.
"""

from __future__ import annotations

from collections.abc import Iterable

from ops.supply_chain.contracts.files.backlog import BacklogItem, ItemState, Presence
from ops.supply_chain.contracts.values.finding import priority

OPEN = (ItemState.NEW, ItemState.TRIAGED, ItemState.IN_PROGRESS, ItemState.WAITING)
"""What remains to be done, the least decided first."""

CLOSED = (ItemState.FIXED, ItemState.NOT_AFFECTED, ItemState.ACCEPTED)
SETTLED_BY = frozenset({"fixed", "not_affected"})
"""Statuses of statements after which nothing is left to do about a version."""


def state_of(item: BacklogItem, today: str) -> ItemState:
    """Return the state of an item.

    Args:
        item: The item.
        today: An ISO date; an acceptance counts on its last day.
    """
    if item.presence is Presence.ABSENT:
        return ItemState.FIXED
    if item.presence is Presence.WITHDRAWN:
        return ItemState.NOT_AFFECTED
    decision = item.decision
    if decision.state is ItemState.ACCEPTED:
        return ItemState.ACCEPTED if is_accepted(item, today) else ItemState.TRIAGED
    if decision.state is ItemState.NOT_AFFECTED and item.reopened <= decision.decided:
        return ItemState.NOT_AFFECTED
    if item.presence is not Presence.UNCHECKED and item.versions:
        statuses = {version.statement.status if version.statement else "" for version in item.versions}
        if statuses <= SETTLED_BY:
            return ItemState.FIXED if statuses == {"fixed"} else ItemState.NOT_AFFECTED
    # What was decided before it came back says nothing about it now.
    return ItemState.NEW if item.reopened > decision.decided else decision.state


def is_accepted(item: BacklogItem, today: str) -> bool:
    """Return whether an acceptance counts today."""
    return item.decision.state is ItemState.ACCEPTED and item.decision.until >= today


def is_open(item: BacklogItem, today: str) -> bool:
    """Return whether something is left to do."""
    return state_of(item, today) in OPEN


def is_overdue(item: BacklogItem, today: str) -> bool:
    """Return whether an open item is past its due date."""
    return bool(item.due) and item.due < today and is_open(item, today)


def concerns(item: BacklogItem, today: str) -> tuple[str, ...]:
    """Return why an item needs someone's attention although a decision exists; a few words each."""
    found = []
    decision = item.decision
    if decision.state is ItemState.ACCEPTED and item.presence not in (Presence.ABSENT, Presence.WITHDRAWN):
        if not is_accepted(item, today):
            found.append(f"the acceptance ended on {decision.until}")
        elif item.exploitation.is_exploited and item.exploitation.exploited > decision.decided:
            found.append(f"exploited since {item.exploitation.exploited}, after it was accepted")
    if decision.planned and decision.planned < today and is_open(item, today):
        found.append(f"was planned for {decision.planned}")
    if item.presence is Presence.UNCHECKED:
        found.append(f"could not be checked: {item.unchecked}")
    if item.conflicts:
        found.append("statements about it differ")
    return tuple(found)


def basis_of(item: BacklogItem, today: str) -> str:
    """Return what the state rests on, for people; empty where it is only what was decided."""
    state, decision = state_of(item, today), item.decision
    if item.presence is Presence.ABSENT:
        return f"document {item.fixed_by[:12]} of {item.fixed_on} does not list an affected version"
    if item.presence is Presence.WITHDRAWN:
        return "the advisories do not name the listed versions any more"
    if state is ItemState.ACCEPTED:
        return f"accepted by {decision.by} until {decision.until}: {decision.reason}"
    if state is ItemState.NOT_AFFECTED and decision.state is ItemState.NOT_AFFECTED:
        return f"decided by {decision.by} on {decision.decided}: {decision.reason}"
    made = {version.statement.supplier: version.statement for version in item.versions if version.statement}
    closed = state in (ItemState.NOT_AFFECTED, ItemState.FIXED)
    return "; ".join(
        f"statement of {name or 'its supplier'}{'' if closed else f' ({source.status})'}, document {source.document[:12]}"
        + (f": {source.justification}" if source.justification else "")
        for name, source in sorted(made.items())
    )


def by_urgency(items: Iterable[BacklogItem], today: str) -> list[BacklogItem]:
    """Return items in the order in which to deal with them.

    Open ones first; of those exploited ones, then likely ones by tenths of EPSS, then the most severe, then the earliest due.
    """
    return sorted(items, key=lambda item: urgency(item, today))


def urgency(item: BacklogItem, today: str) -> tuple[object, ...]:
    """Return the sort key of `by_urgency`."""
    return (
        not is_open(item, today),
        not item.malware,
        priority(item.severity, item.due, item.exploitation),
        item.supplier,
        item.product,
        item.component,
        item.names,
        item.id,
    )
