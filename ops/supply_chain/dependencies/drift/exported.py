"""Comparison of an exported file with another export of the same lock, or pin by pin with that lock."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from ops.supply_chain.contracts.values.lock import Lock, LockEntry, Pin
from ops.supply_chain.core.text import printable
from ops.supply_chain.dependencies.drift.consistency import Mismatch


def changes(committed: Lock, again: Lock) -> tuple[tuple[str, str, str], ...]:
    """Return the packages that differ between a committed export and another: name, version in each, sorted by name.

    Comments and the order of lines do not count; everything that an installer reads does.
    """
    old, new = _pins(committed), _pins(again)
    return tuple(
        (name, _versions(old.get(name, ())), _versions(new.get(name, ())))
        for name in sorted({*old, *new})
        if frozenset(old.get(name, ())) != frozenset(new.get(name, ()))
    )


def pin_mismatches(exported: Lock, lock: Lock) -> tuple[Mismatch, ...]:
    """Compare each pin of an exported file with the lock that it was exported from.

    A package of the lock that is not in the file is no difference: an export leaves out groups and extras.

    Returns:
        In the order of the file.
    """
    known: dict[str, list[Pin]] = defaultdict(list)
    for entry in lock.entries:
        known[entry.pin.name].append(entry.pin)
    found = (_mismatch(entry, known.get(entry.pin.name, ()), lock.path) for entry in exported.entries)
    return tuple(mismatch for mismatch in found if mismatch is not None)


def beyond_constraints(lock: Lock, constraints: Lock) -> tuple[Mismatch, ...]:
    """Return the pins of a lock that exact constraints without a marker do not allow, in the order of the lock."""
    allowed: dict[str, set[str]] = defaultdict(set)
    for entry in constraints.entries:
        if entry.pin.version and not entry.pin.marker:
            allowed[entry.pin.name].add(entry.pin.version)
    return tuple(
        Mismatch(
            message=f"{printable(constraints.path)} requires {entry.pin.name} {', '.join(sorted(versions))}, "
            f"but {printable(entry.pin.version)} is locked",
            package=entry.pin.name,
            version=entry.pin.version,
            line=entry.line,
        )
        for entry in lock.entries
        if (versions := allowed.get(entry.pin.name)) and entry.pin.version and entry.pin.version not in versions
    )


def _mismatch(entry: LockEntry, known: Sequence[Pin], path: str) -> Mismatch | None:
    pin = entry.pin
    if pin.local:
        return None
    here = f"{pin.name} {printable(pin.version)}".rstrip()
    if not known:
        message = f"{here} is not in {path}"
    elif not any(pin.version == other.version for other in known):
        message = f"{here} is {', '.join(printable(other.version) for other in known)} in {path}"
    elif not any(pin.version == other.version and set(pin.hashes) <= set(other.hashes) for other in known):
        message = f"{here} has other hashes in {path}"
    else:
        return None
    return Mismatch(message=message, package=pin.name, version=pin.version, line=entry.line)


def _pins(lock: Lock) -> dict[str, tuple[Pin, ...]]:
    found: dict[str, list[Pin]] = defaultdict(list)
    for entry in lock.entries:
        found[entry.pin.name].append(entry.pin)
    return {name: tuple(pins) for name, pins in found.items()}


def _versions(pins: Sequence[Pin]) -> str:
    return ", ".join(dict.fromkeys(pin.version or printable(pin.source.url) for pin in pins))
