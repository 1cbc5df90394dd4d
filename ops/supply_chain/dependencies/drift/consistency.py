"""A manifest held against its lock where the lock's own tool cannot be asked.

What this can tell: that each direct dependency is locked, at a version that the manifest allows, and that the
manifest is the one that the lock records by its hash. What only the tool can tell: whether everything
else in the lock still follows from that.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from ops.supply_chain.contracts.values.lock import Lock, LockEntry, LockKind
from ops.supply_chain.core.names import normalise
from ops.supply_chain.core.text import printable
from ops.supply_chain.dependencies.drift.declared import Manifest
from ops.supply_chain.formats.poetry_ranges import parse_range
from ops.supply_chain.formats.pyproject import MAIN, Dependency

GROUPED_KINDS = (LockKind.PDM,)
"""Locks that may hold some of the groups only, and say of each package to which it belongs."""


class Mismatch(msgspec.Struct, frozen=True, kw_only=True):
    """One thing in which a manifest and its lock do not agree; `line` is in the lock, 0 for none."""

    message: str
    package: str = ""
    version: str = ""
    line: int = 0


def mismatches(lock: Lock, manifest: Manifest, *, where: str) -> tuple[Mismatch, ...]:
    """Hold each declared dependency against the lock.

    Args:
        lock: The lock.
        manifest: What it is made from.
        where: The manifest's path, for messages.
    Returns:
        In the order of the manifest.
    """
    locked: dict[str, list[LockEntry]] = defaultdict(list)
    for entry in lock.entries:
        locked[entry.pin.name].append(entry)
    groups = {MAIN, *(normalise(group) for entry in lock.entries for group in entry.groups)}
    wanted = [one for one in manifest.declared if lock.kind not in GROUPED_KINDS or one.group in groups]
    return tuple(dict.fromkeys(_mismatches(wanted, locked, lock.path, where)))


def _mismatches(
    wanted: Sequence[Dependency], locked: Mapping[str, Sequence[LockEntry]], path: str, where: str
) -> Iterator[Mismatch]:
    for one in wanted:
        entries = locked.get(one.name, ())
        asked = f"{where} asks for {one.name} {printable(one.constraint)}".rstrip()
        if not entries:
            if not one.conditional:
                yield Mismatch(message=f"{asked}, which {path} does not hold", package=one.name)
        elif one.constraint and not (one.conditional and len(entries) > 1):
            yield from _version_mismatch(one, entries, asked)


def _version_mismatch(one: Dependency, entries: Sequence[LockEntry], asked: str) -> Iterator[Mismatch]:
    versions = [entry.pin.version for entry in entries]
    if not all(versions):
        return  # an address or a folder: there is no version to compare
    try:
        if any(parse_range(one.constraint).admits(version) for version in versions):
            return
    except ValueError:
        yield Mismatch(message=f"{asked}, which is no constraint that can be compared", package=one.name)
        return
    found = ", ".join(map(printable, versions))
    yield Mismatch(
        message=f"{asked}, but {found} is locked", package=one.name, version=versions[0], line=entries[0].line
    )
