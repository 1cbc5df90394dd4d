"""One comparison of the backlog with what the registry and the advisories show: machine fields are computed again.

An item is closed only by what was checked: the newest accepted documents of its product list no affected version. If that
could not be checked, an open item stays open, and a closed one stays closed only while its documents are the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from ops.supply_chain.contracts.files.backlog import BacklogItem, HistoryEntry, ItemState, Presence
from ops.supply_chain.contracts.values.finding import Severity
from ops.supply_chain.suppliers.backlog.identity import (
    Assigned,
    assign,
    joined,
    names_of,
    new_id,
    parted,
    subject_of,
    without,
)
from ops.supply_chain.suppliers.backlog.observed import Due, Observation, Subject, SubjectCheck
from ops.supply_chain.suppliers.backlog.states import state_of

NO_DOCUMENT = "there is no accepted document of the product"
NOT_READ_ANY_MORE = "the same document does not list the component any more, as it is read today"

_CLOSED = (Presence.ABSENT, Presence.WITHDRAWN)


class ReviewDay(NamedTuple):
    """When a review takes place: its time as `YYYY-MM-DDTHH:MM:SSZ`, and its day where deadlines are counted."""

    at: str
    today: str


DueOf = Callable[[Severity, str, str, str], Due]
"""The due date of a severity, by the days of publication, of receipt, and since which it is known to be exploited, or empty."""


def review(
    items: Iterable[BacklogItem],
    observations: Iterable[Observation],
    check: Callable[[Subject], SubjectCheck],
    *,
    tenant: str,
    day: ReviewDay,
    due: DueOf,
) -> tuple[BacklogItem, ...]:
    """Return the items after a comparison, sorted by id.

    Args:
        items: As they are stored.
        observations: What the advisories show, in any order.
        check: Whether a subject could be checked for what is not observed of it.
        tenant: Whose backlog.
        day: When.
        due: Computes due dates.
    """
    by_subject: defaultdict[Subject, list[BacklogItem]] = defaultdict(list)
    for item in items:
        by_subject[subject_of(item)].append(item)
    taken = {key for known in by_subject.values() for item in known for key in _ids(item)}
    seen: defaultdict[Subject, list[Observation]] = defaultdict(list)
    for observation in joined(observations):
        seen[observation.subject].append(observation)
    run = _Review(tenant, day, due, taken)
    found: list[BacklogItem] = []
    for subject in sorted({*by_subject, *seen}):
        found += run.subject(seen[subject], by_subject[subject], check(subject))
    return tuple(sorted(found, key=lambda item: item.id))


class _Review:
    def __init__(self, tenant: str, day: ReviewDay, due: DueOf, taken: set[str]) -> None:
        self._tenant, self._day, self._due, self._taken = tenant, day, due, taken

    def subject(
        self, observations: Sequence[Observation], items: Sequence[BacklogItem], check: SubjectCheck
    ) -> Iterator[BacklogItem]:
        assignment = assign(observations, items)
        before = {item.id: item for item in items}
        returned: dict[str, BacklogItem] = {}
        parts: defaultdict[str, set[str]] = defaultdict(set)
        for whole in assignment.found:
            apart = [found.observation for found in assignment.found if _is_apart(found, whole)]
            if whole.item is not None and apart:
                known = parted(whole.item, [whole.observation, *apart])
                for place, observation in enumerate(apart, 1):
                    item = self._part(whole.item, known.get(place), observation)
                    returned[observation.names[0]] = item
                    parts[whole.item.id] |= _ids(item)
        for found in assignment.found:
            part = returned.get(found.observation.names[0])
            if found.item is not None:
                item = self._after_changes(found.item, before[found.item.id], parts[found.item.id])
                yield self._observed(item, found.observation, check)
            elif part is not None:
                yield self._observed(part, found.observation, check)
            elif found.observation.versions:
                yield self._new(found.observation, check)
        for item in assignment.unseen:
            yield self._unseen(item, check)

    def _part(self, parent: BacklogItem, item: BacklogItem | None, observation: Observation) -> BacklogItem:
        if item is not None:
            return self._noted(item, f"is again apart from {parent.id}")
        part = self._blank(observation, first_seen=parent.first_seen, received=parent.received)
        return self._noted(replace(part, decision=parent.decision), f"was part of {parent.id} before")

    def _after_changes(self, item: BacklogItem, before: BacklogItem, gone: set[str]) -> BacklogItem:
        """Return an item without the parts that are apart again; what became part of it is noted."""
        new = {merged.item.id for merged in item.merged} - {merged.item.id for merged in before.merged}
        if new:
            item = self._noted(item, f"is the same vulnerability as {', '.join(sorted(new))}")
        return without(item, gone) if gone else item

    def _new(self, observation: Observation, check: SubjectCheck) -> BacklogItem:
        today = self._day.today
        item = self._blank(observation, first_seen=today, received=observation.received or today)
        return self._observed(self._noted(item, "first seen"), observation, check)

    def _blank(self, observation: Observation, *, first_seen: str, received: str) -> BacklogItem:
        parts = (self._tenant, *observation.subject, observation.names[0])
        key = new_id("B", parts, self._taken.__contains__)
        self._taken.add(key)
        return BacklogItem(
            id=key,
            **observation.subject._asdict(),
            names=observation.names,
            first_seen=first_seen,
            last_seen=self._day.today,
            received=received,
            severity=observation.severity,
            presence=Presence.AFFECTED,
        )

    def _observed(self, item: BacklogItem, observation: Observation, check: SubjectCheck) -> BacklogItem:
        if not observation.versions:
            return replace(self._unseen(item, check), older=observation.older)
        possible = all(version.possible for version in observation.versions)
        received = min(item.received, observation.received or item.received)
        due = self._due(observation.severity, observation.published, received, observation.exploitation.exploited)
        found = replace(
            item,
            names=observation.names,
            former=tuple(sorted(names_of(item) - set(observation.names))),
            last_seen=self._day.today,
            received=received,
            severity=observation.severity,
            score=observation.score,
            vector=observation.vector,
            malware=observation.malware,
            summary=observation.summary,
            published=observation.published,
            fixed_version=observation.fixed_version,
            clear_version=observation.clear_version,
            exploitation=observation.exploitation,
            versions=observation.versions,
            older=observation.older,
            conflicts=observation.conflicts,
            presence=Presence.POSSIBLE if possible else Presence.AFFECTED,
            checked=check.documents,
            unchecked="",
            due=due.day,
            due_basis=due.basis,
        )
        return self._changed(item, found)

    def _unseen(self, item: BacklogItem, check: SubjectCheck) -> BacklogItem:
        same = check.documents == item.checked
        reason = check.reason or ("" if check.documents else NO_DOCUMENT)
        if not reason and not check.versions and same and item.presence not in _CLOSED:
            reason = NOT_READ_ANY_MORE
        if reason:
            if same and item.presence in _CLOSED:
                return item
            return self._changed(item, replace(item, presence=Presence.UNCHECKED, unchecked=reason, older=()))
        if item.presence in _CLOSED:
            return replace(item, checked=check.documents, older=())
        listed = {version.version for version in item.versions}
        presence = Presence.WITHDRAWN if listed & check.versions else Presence.ABSENT
        closed = replace(
            item,
            presence=presence,
            checked=check.documents,
            unchecked="",
            conflicts=(),
            older=(),
            fixed_on=max(check.newest_day, item.received) if presence is Presence.ABSENT else self._day.today,
            fixed_by=check.documents[0],
        )
        return self._changed(item, closed)

    def _changed(self, before: BacklogItem, item: BacklogItem) -> BacklogItem:
        """Return an item with what changed in its history."""
        if before.presence in _CLOSED and item.presence not in _CLOSED:
            item = replace(item, reopened=self._day.today, fixed_on="", fixed_by="")
            item = self._noted(item, "is back" if item.presence is not Presence.UNCHECKED else "may be back")
        if before.severity is not item.severity:
            item = self._noted(item, f"severity: {before.severity.value} -> {item.severity.value}")
        if item.exploitation.is_exploited and not before.exploitation.is_exploited:
            item = self._noted(item, item.exploitation.words)
        was, now = state_of(before, self._day.today), state_of(item, self._day.today)
        if was is not now:
            how = (
                " by its statements"
                if now in (ItemState.FIXED, ItemState.NOT_AFFECTED) and item.presence not in _CLOSED
                else ""
            )
            item = self._noted(item, f"state: {was.value} -> {now.value}{how}")
        return item

    def _noted(self, item: BacklogItem, text: str) -> BacklogItem:
        return replace(item, history=(*item.history, HistoryEntry(at=self._day.at, text=text)))


def _is_apart(found: Assigned, whole: Assigned) -> bool:
    """Return whether an observation without an item belongs to what another one's item was."""
    parent = found.parent
    return (
        found.item is None
        and parent is not None
        and whole.item is not None
        and parent.id == whole.item.id
        and bool(found.observation.versions)
    )


def _ids(item: BacklogItem) -> set[str]:
    return {item.id, *(merged.item.id for merged in item.merged)}
