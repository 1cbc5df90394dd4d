"""Publisher baselines of locks that another tool writes: recorded once, when there is none."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from ops.supply_chain.contracts.values.lock import Lock, LockEntry, LockKind, PinSourceKind
from ops.supply_chain.core.addresses import INDEX_URL


def names_to_record(locks: Iterable[Lock], *, index: str) -> dict[str, tuple[str, ...]]:
    """Return the direct dependencies whose publisher a first baseline records: lock -> PEP 503 names, sorted.

    Args:
        locks: Those without a baseline.
        index: The configured index, empty for the public one. What a lock takes from another index is left out: its name
            is not sent to this one.
    Returns:
        Without requirements files, which are compiled or do not show what is direct, and without locks that have no such
        dependency.
    """
    own = {address.rstrip("/") for address in (index or INDEX_URL, "")}
    found = {
        lock.path: tuple(sorted({entry.pin.name for entry in lock.entries if _is_ours(entry, own)}))
        for lock in locks
        if lock.kind is not LockKind.REQUIREMENTS
    }
    return {path: names for path, names in sorted(found.items()) if names}


def _is_ours(entry: LockEntry, addresses: Collection[str]) -> bool:
    pin = entry.pin
    from_index = pin.source.kind is PinSourceKind.INDEX and pin.source.url.rstrip("/") in addresses
    return entry.direct is True and not pin.local and from_index
