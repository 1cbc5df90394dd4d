"""The distinct pins of a project's locks, and where each stands.

Everything that costs is done once for a distinct (name, version), however many locks hold it; places are
gathered afterwards, only for the pins that something is to be said of.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from ops.supply_chain.contracts.values.lock import Lock, LockKind, Pin, PinSource, PinSourceKind

MOST_PLACES = 100
"""Of one finding that are listed; nobody opens more, and what shows findings beside code lists no more."""

MOST_PLACES_IN_ALL = 50_000
"""Of all findings of one project that are listed, so that a record stays a file that can be opened."""

Key = tuple[str, str]
"""PEP 503 name, and version as the lock writes it, empty where it has none."""


class Traits(NamedTuple):
    """What all places of a pin come to.

    `local` where it is the project's own wherever it stands; `direct` where it may be a direct
    dependency somewhere: only a lock that says that it is not counts as saying so. `sources` are where it
    comes from, without those of the project's own packages.
    """

    local: bool
    direct: bool
    sources: frozenset[PinSource]


class Places(NamedTuple):
    """Where a pin stands: the first place, further ones as `path:line`, how many in all, the first lock's kind."""

    path: str
    line: int
    also_at: tuple[str, ...]
    total: int
    kind: LockKind


def distinct(locks: Iterable[Lock]) -> dict[Key, Traits]:
    """Gather the distinct pins of some locks, sorted."""
    pins: dict[int, tuple[Pin, bool]] = {}
    for lock in locks:
        for entry in lock.entries:
            known = pins.get(id(entry.pin))
            if known is None or (entry.direct is not False and not known[1]):
                pins[id(entry.pin)] = (entry.pin, entry.direct is not False)
    found: dict[Key, Traits] = {}
    for pin, direct in pins.values():
        key = (pin.name, pin.version)
        before = found.get(key, Traits(local=True, direct=False, sources=frozenset()))
        sources = before.sources if pin.local else before.sources | {pin.source}
        found[key] = Traits(before.local and pin.local, before.direct or direct, sources)
    return dict(sorted(found.items()))


def is_public(traits: Traits, *, index: str, public_index: str) -> bool:
    """Tell whether a pin's name is on the public index anyway, so that asking about it tells nothing.

    Args:
        traits: Of the pin.
        index: The project's default index, empty for the public one.
        public_index: Address of the public one.
    """
    public = public_index.rstrip("/")
    return any(
        source.kind is PinSourceKind.INDEX and (source.url or index or public).rstrip("/") == public
        for source in traits.sources
    )


def places(locks: Sequence[Lock], keys: Collection[Key], *, findings: int) -> dict[Key, Places]:
    """Find where pins stand.

    Args:
        locks: Of one project.
        keys: The pins that something is to be said of.
        findings: How many findings will list the places; the more, the fewer places each.
    Returns:
        Pin -> its places, sorted by path and line, each once though several locks include it.
    """
    kinds: dict[str, LockKind] = {}
    found: dict[Key, set[tuple[str, int]]] = {key: set() for key in keys}
    by_pin: dict[int, set[tuple[str, int]] | None] = {}
    for lock in locks:
        for entry in lock.entries:
            pin = entry.pin
            if id(pin) not in by_pin:
                by_pin[id(pin)] = found.get((pin.name, pin.version))
            held = by_pin[id(pin)]
            if held is not None:
                held.add((entry.path, entry.line))
                kinds.setdefault(entry.path, lock.kind)
    limit = max(1, min(MOST_PLACES, MOST_PLACES_IN_ALL // max(1, findings)))
    return {key: _places(sorted(held), kinds, limit) for key, held in found.items() if held}


def _places(held: Sequence[tuple[str, int]], kinds: dict[str, LockKind], limit: int) -> Places:
    path, line = held[0]
    also_at = tuple(f"{other}:{number}" for other, number in held[1:limit])
    return Places(path, line, also_at, len(held), kinds[path])
