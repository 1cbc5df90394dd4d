"""Who needs whom in one lock: what the lock says, else what the packages' own metadata allows.

A lock's own word goes first: it is what the resolver did. Where a lock is silent, a requirement of the
metadata is an edge if the same lock holds a version that it allows and its marker can be true. Where
neither states them, the edges of that package are unknown, and the SBOM says so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from ops.supply_chain.contracts.values.lock import LockEntry, PinSource
from ops.supply_chain.formats.markers import may_apply
from ops.supply_chain.inventory.build.requirements import Need, allows

NeedsOf = Callable[[str], tuple[Need, ...] | None]


class Place(NamedTuple):
    """An entry with the reference of its package; `key` is the PEP 503 name."""

    ref: str
    key: str
    entry: LockEntry


class Edges(NamedTuple):
    """What one package needs in one lock.

    `depends_on` are references, sorted, never the package's own; None where nothing is known.
    `complete` is True where these are known to be all.
    """

    depends_on: tuple[str, ...] | None
    complete: bool


UNKNOWN = Edges(None, complete=False)
NONE = Edges((), complete=True)


def edges_of(places: Sequence[Place], needs: NeedsOf) -> dict[str, Edges]:
    """Work out the edges between the packages of one lock.

    Args:
        places: Every entry of the lock, any order.
        needs: Gives, for a reference, the requirements of trustworthy metadata; None where there are none.
    Returns:
        Reference -> edges, one for each reference in `places`.
    """
    requiring = any(place.entry.required_by for place in places)
    stating = any(place.entry.depends_on for place in places)
    by_key = _refs_by_key(places) if requiring or stating else {}
    said = _said_by_requirers(places, by_key) if requiring else {}
    annotated = all(place.entry.required_by is not None for place in places)
    silent = [place for place in places if place.entry.depends_on is None and not annotated]
    possible = _possible(places, needs) if silent else {}
    found: dict[str, Edges] = {}
    for place in places:
        stated = place.entry.depends_on
        if stated is not None:
            edges = _stated(place, stated, places, by_key) if stated else NONE
        elif annotated:
            edges = _edges(place.ref, said.get(place.ref, ()), complete=True)
        else:
            edges = _guessed(place.ref, said.get(place.ref), possible.get(place.ref))
        found[place.ref] = merge(found[place.ref], edges) if place.ref in found else edges
    return found


def merge(first: Edges, second: Edges) -> Edges:
    """Merge the edges of the same package from two places: all edges of both, complete where both are."""
    if first == second:
        return first
    if first.depends_on is None or second.depends_on is None:
        known = second.depends_on if first.depends_on is None else first.depends_on
        return Edges(known or None, complete=False)
    return Edges(tuple(sorted({*first.depends_on, *second.depends_on})), first.complete and second.complete)


def _edges(ref: str, targets: Sequence[str] | set[str], *, complete: bool) -> Edges:
    others = {target for target in targets if target != ref} if targets else ()
    if not others:
        return NONE if complete else UNKNOWN
    return Edges(tuple(sorted(others)), complete)


def _refs_by_key(places: Sequence[Place]) -> dict[str, set[str]]:
    by_key: dict[str, set[str]] = defaultdict(set)
    for place in places:
        by_key[place.key].add(place.ref)
    return by_key


def _said_by_requirers(places: Sequence[Place], by_key: Mapping[str, set[str]]) -> dict[str, list[str]]:
    said: dict[str, list[str]] = defaultdict(list)
    for place in places:
        for requirer in place.entry.required_by or ():
            for ref in by_key.get(requirer, ()):
                said[ref].append(place.ref)
    return said


def _stated(
    place: Place, pairs: Sequence[tuple[str, str]], places: Sequence[Place], by_key: Mapping[str, set[str]]
) -> Edges:
    targets: set[str] = set()
    complete = True
    sources: dict[tuple[str, str], list[PinSource]] = defaultdict(list)
    for name, version, source in place.entry.depends_on_sources:
        sources[name, version].append(source)
    for name, version in pairs:
        refs = by_key.get(name, set())
        stated = sources.get((name, version), [])
        if (
            len(refs) > 1
        ):  # several versions or sources of one name: the version decides, and the source if it is stated
            same = [other for other in places if other.key == name and other.entry.pin.version == version]
            refs = {other.ref for other in same if not stated or other.entry.pin.source in stated}
        targets |= refs
        # One version from two sources, and the lock does not state which of them it means.
        complete = complete and len(refs) == max(1, len(stated))
    return _edges(place.ref, targets, complete=complete)


def _guessed(ref: str, said: Sequence[str] | None, possible: set[str] | None) -> Edges:
    if possible is None:
        return _edges(ref, said or (), complete=False)
    return _edges(ref, possible | set(said or ()), complete=True)


def _possible(places: Sequence[Place], needs: NeedsOf) -> dict[str, set[str]]:
    """Follow the requirements of each package with the extras that anyone in the lock asks of it."""
    by_key: dict[str, list[Place]] = defaultdict(list)
    extras: dict[str, frozenset[str]] = defaultdict(frozenset)
    for place in places:
        by_key[place.key].append(place)
        extras[place.ref] |= frozenset(place.entry.pin.extras)
    found: dict[str, set[str]] = {}
    pending = sorted({place.ref for place in places})
    while pending:
        ref = pending.pop()
        wanted = needs(ref)
        if wanted is None:
            continue
        targets = found.setdefault(ref, set())
        for need in wanted:
            if need.marker and not may_apply(need.marker, extras[ref]):
                continue
            for target in by_key.get(need.key, ()):
                if not allows(need.specifier, target.entry.pin.version):
                    continue
                targets.add(target.ref)
                if not need.extras <= extras[target.ref]:
                    extras[target.ref] |= need.extras
                    pending.append(target.ref)
    return found
