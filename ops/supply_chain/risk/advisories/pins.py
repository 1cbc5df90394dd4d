"""The distinct pins of a project's locks, and their locations.

Expensive work is done once for each distinct (name, version), in however many locks it is; locations are collected
afterwards, only for pins that have findings.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from ops.supply_chain.contracts.values.lock import Lock, LockKind, Pin, PinSource, PinSourceKind
from ops.supply_chain.formats.lock_formats import upgrade_command

MOST_PLACES = 100
"""Locations listed in one finding; code scanning shows no more."""

MOST_PLACES_IN_ALL = 50_000
"""Locations listed in all findings of one project, so that a record stays small enough to open."""

PinKey = tuple[str, str]
"""PEP 503 name, and version as the lock writes it, empty where it has none."""


class PinOrigin(NamedTuple):
    """The origin of a pin, over all its locations.

    `local` is True if it is the project's own package everywhere; `direct` is True unless every lock marks it as
    indirect. `sources` are the indexes and addresses it comes from, without the project's own packages. `foreign` is
    True if it is in a folder outside the project in some lock.
    """

    local: bool
    direct: bool
    sources: frozenset[PinSource]
    foreign: bool = False


class Locations(NamedTuple):
    """The locations of a pin: the first, further ones as `path:line`, the total number, the kind of the first lock.

    `lock` is the path of the first lock, empty for the project's folder; `export` the command of `uv export` that wrote it.
    """

    path: str
    line: int
    also_at: tuple[str, ...]
    total: int
    kind: LockKind
    lock: str = ""
    export: str = ""

    def upgrade_command(self, name: str) -> str:
        """Return the command that locks a package again in the first lock; empty if several tools write such a lock."""
        return upgrade_command(self.kind, name, self.lock, export=self.export)


def distinct(locks: Iterable[Lock]) -> dict[PinKey, PinOrigin]:
    """Return the distinct pins of some locks, sorted."""
    pins: dict[int, tuple[Pin, bool]] = {}
    for lock in locks:
        for entry in lock.entries:
            known = pins.get(id(entry.pin))
            if known is None or (entry.direct is not False and not known[1]):
                pins[id(entry.pin)] = (entry.pin, entry.direct is not False)
    found: dict[PinKey, PinOrigin] = {}
    for pin, direct in pins.values():
        key = (pin.name, pin.version)
        before = found.get(key, PinOrigin(local=True, direct=False, sources=frozenset()))
        sources = before.sources if pin.local else before.sources | {pin.source}
        found[key] = PinOrigin(
            before.local and pin.local, before.direct or direct, sources, before.foreign or pin.is_foreign_folder
        )
    return dict(sorted(found.items()))


def is_public(origin: PinOrigin, *, index: str, public_index: str) -> bool:
    """Return True if a pin comes from the public index, so that a query about it reveals no private name.

    Args:
        origin: The pin's origin.
        index: The project's default index, empty for the public one.
        public_index: Address of the public index.
    """
    public = public_index.rstrip("/")
    return any(
        source.kind is PinSourceKind.INDEX and (source.url or index or public).rstrip("/") == public
        for source in origin.sources
    )


def locate(locks: Sequence[Lock], keys: Collection[PinKey], *, findings: int) -> dict[PinKey, Locations]:
    """Return the locations of pins.

    Args:
        locks: The locks of one project.
        keys: The pins to locate.
        findings: Number of findings that will list the locations; the more findings, the fewer locations each.
    Returns:
        Pin -> its locations, sorted by path and line, each once even if several locks include it.
    """
    written: dict[str, Lock] = {}
    found: dict[PinKey, set[tuple[str, int]]] = {key: set() for key in keys}
    by_pin: dict[int, set[tuple[str, int]] | None] = {}
    for lock in locks:
        for entry in lock.entries:
            pin = entry.pin
            if id(pin) not in by_pin:
                by_pin[id(pin)] = found.get((pin.name, pin.version))
            seen = by_pin[id(pin)]
            if seen is not None:
                seen.add((entry.path, entry.line))
                written.setdefault(entry.path, lock)
    limit = max(1, min(MOST_PLACES, MOST_PLACES_IN_ALL // max(1, findings)))
    return {key: _locations(sorted(seen), written, limit) for key, seen in found.items() if seen}


def _locations(seen: Sequence[tuple[str, int]], written: dict[str, Lock], limit: int) -> Locations:
    path, line = seen[0]
    also_at = tuple(f"{other}:{number}" for other, number in seen[1:limit])
    lock = written[path]
    return Locations(path, line, also_at, len(seen), lock.kind, lock.path, lock.export)
