"""Which item an observation belongs to: the one with a name of the same vulnerability, whatever became of its aliases.

Names of one subject that a run shows as one vulnerability belong to one item. Where two items turn out to be the same, the
older one continues and keeps the other in itself; where one turns out to be two, what was kept comes back with its id, and
else a new item begins with the decision and the first day of the one that it came from. So no decision is lost, and none is there twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from typing import NamedTuple

from msgspec.structs import replace

from ops.supply_chain.contracts.files.backlog import BacklogItem, MergedItem
from ops.supply_chain.suppliers.backlog.observed import Observation, Subject
from ops.supply_chain.suppliers.backlog.states import CLOSED, OPEN

SHORT_DIGITS = 10
"""Of an id: 40 bits; a longer part of the same digest where that is taken."""

_DECIDED_LEAST = (*OPEN, *reversed(CLOSED))
"""Of items that are one, the state that leaves the most to do counts."""


class Assigned(NamedTuple):
    """An observation with the item that it belongs to; None for a new one. `parent` is the item it came from."""

    observation: Observation
    item: BacklogItem | None
    parent: BacklogItem | None = None


class Assignment(NamedTuple):
    """All observations of a subject with their items, and the items without an observation."""

    found: tuple[Assigned, ...]
    unseen: tuple[BacklogItem, ...]


def new_id(prefix: str, parts: Iterable[str], taken: Callable[[str], bool]) -> str:
    """Return an id that follows from what it is about, so that a backlog that is made again has the same ids."""
    digits = sha256("\x00".join(parts).encode()).hexdigest()
    for length in range(SHORT_DIGITS, len(digits) + 1):
        if not taken(f"{prefix}-{digits[:length]}"):
            return f"{prefix}-{digits[:length]}"
    return new_id(prefix, (digits,), taken)


def joined(observations: Iterable[Observation]) -> tuple[Observation, ...]:
    """Return observations of which no two of a subject share a name: those that do are one, sorted by subject and names."""
    found: list[Observation] = []
    for observation in sorted(observations, key=lambda item: (item.subject, item.names, item.versions, item.older)):
        same = [
            other
            for other in found
            if other.subject == observation.subject and not set(other.names).isdisjoint(observation.names)
        ]
        whole = observation
        for other in same:
            found.remove(other)
            whole = _both(other, whole)
        found.append(whole)
    return tuple(sorted(found, key=lambda item: (item.subject, item.names)))


def assign(observations: Sequence[Observation], items: Sequence[BacklogItem]) -> Assignment:
    """Assign the observations of one subject to its items.

    Args:
        observations: No two with a name in common.
        items: All of the subject.
    """
    claims: dict[int, list[BacklogItem]] = {place: [] for place in range(len(observations))}
    split: dict[int, BacklogItem] = {}
    unseen: list[BacklogItem] = []
    for item in sorted(items, key=_age):
        places = _claiming(item, observations, item.names)
        if not places:
            unseen.append(item)
            continue
        claims[places[0]].append(item)
        split.update(dict.fromkeys(places[1:], item))
    for item in tuple(unseen):  # a name that a feed dropped for a while is one of its former names
        free = [
            place for place in _claiming(item, observations, item.former) if not claims[place] and place not in split
        ]
        if free:
            claims[free[0]].append(item)
            unseen.remove(item)
    return Assignment(
        tuple(
            _assigned(observation, claims[place], split.get(place)) for place, observation in enumerate(observations)
        ),
        tuple(unseen),
    )


def parted(parent: BacklogItem, observations: Sequence[Observation]) -> dict[int, BacklogItem]:
    """Return the items that were part of another one, by the place of the observation that they belong to again.

    What was decided of the whole since they became one counts for all parts.

    Args:
        parent: The item.
        observations: First the one that the item itself continues with, then those that are apart from it.
    """
    found: dict[int, list[BacklogItem]] = {}
    for merged in parent.merged:
        item = replace(merged.item, decision=parent.decision) if parent.decision != merged.decision else merged.item
        places = _claiming(item, observations, item.names) or _claiming(item, observations, item.former)
        if places and places[0]:
            found.setdefault(places[0], []).append(item)
    result = {}
    for place, items in found.items():
        first, *others = sorted(items, key=_age)
        result[place] = _merged(first, others) if others else first
    return result


def names_of(item: BacklogItem) -> frozenset[str]:
    """Return all names that an item has or once had."""
    return frozenset((*item.names, *item.former))


def without(parent: BacklogItem, ids: Iterable[str]) -> BacklogItem:
    """Return an item without some of those that were part of it."""
    gone = set(ids)
    return replace(parent, merged=tuple(merged for merged in parent.merged if merged.item.id not in gone))


def subject_of(item: BacklogItem) -> Subject:
    """Return what an item is about, without its vulnerability."""
    return Subject(item.supplier, item.product, item.component)


def _assigned(observation: Observation, claimed: Sequence[BacklogItem], parent: BacklogItem | None) -> Assigned:
    if not claimed:
        return Assigned(observation, None, parent)
    first, *others = claimed
    return Assigned(observation, _merged(first, others) if others else first)


def _merged(first: BacklogItem, others: Sequence[BacklogItem]) -> BacklogItem:
    """Return the oldest of some items with the others in it, and the decision that leaves the most to do."""
    everything = (first, *others)
    lead = min(everything, key=lambda item: _DECIDED_LEAST.index(item.decision.state)).decision
    notes = dict.fromkeys(item.decision.note for item in everything if item.decision.note)
    owner = next((item.decision.owner for item in (first, *others) if item.decision.owner), "")
    decision = replace(
        lead,
        owner=lead.owner or owner,
        note=" / ".join(notes),
        revision=max(item.decision.revision for item in everything) + 1,
    )
    inner = [merged for item in others for merged in item.merged]
    kept = (*first.merged, *inner, *(MergedItem(item=replace(item, merged=()), decision=decision) for item in others))
    unique = {merged.item.id: replace(merged, decision=decision) for merged in kept}
    return replace(
        first,
        first_seen=min(item.first_seen for item in everything),
        received=min(item.received for item in everything),
        former=tuple(sorted({name for item in everything for name in (*item.names, *item.former)})),
        decision=decision,
        merged=tuple(unique[key] for key in sorted(unique)),
    )


def _claiming(item: BacklogItem, observations: Sequence[Observation], names: Sequence[str]) -> list[int]:
    """Return the places of the observations with one of some names.

    First those without a name of an item that was merged into this one, then the one with its first name, then by overlap.
    """
    wanted = set(names)
    places = [place for place, found in enumerate(observations) if not wanted.isdisjoint(found.names)]
    inner = frozenset[str]().union(*(names_of(merged.item) for merged in item.merged))
    return sorted(
        places,
        key=lambda place: (
            not inner.isdisjoint(observations[place].names),
            item.names[0] not in observations[place].names,
            -len(wanted.intersection(observations[place].names)),
            observations[place].names,
        ),
    )


def _age(item: BacklogItem) -> tuple[str, str]:
    return (item.first_seen, item.id)


def _both(first: Observation, second: Observation) -> Observation:
    versions = dict.fromkeys((*first.versions, *second.versions))
    older = dict.fromkeys((*first.older, *second.older))
    lead, other = sorted((first, second), key=lambda item: item.names)
    return lead._replace(
        names=tuple(dict.fromkeys((*lead.names, *other.names))),
        versions=tuple(versions),
        older=tuple(older),
        received=min(first.received, second.received),
        conflicts=tuple(dict.fromkeys((*first.conflicts, *second.conflicts))),
    )
