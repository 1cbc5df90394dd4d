"""Comparison of a manifest with its lock, for use when the lock's own tool is not available.

This checks that each direct dependency is locked, at a version that the manifest allows, and that the
manifest is the one that the lock records by its hash. Only the tool can check whether everything
else in the lock still follows from the manifest.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from ops.supply_chain.contracts.values.lock import Lock, LockEntry
from ops.supply_chain.core.names import normalise
from ops.supply_chain.core.text import printable
from ops.supply_chain.dependencies.drift.declared import DeclaredManifest
from ops.supply_chain.formats.lock_formats import lock_format
from ops.supply_chain.formats.poetry_ranges import parse_range
from ops.supply_chain.formats.pyproject import MAIN, DeclaredDependency


class Mismatch(msgspec.Struct, frozen=True, kw_only=True):
    """One difference between a manifest and its lock; `line` is in the lock, 0 for none."""

    message: str
    package: str = ""
    version: str = ""
    line: int = 0


def mismatches(lock: Lock, manifest: DeclaredManifest, *, where: str) -> tuple[Mismatch, ...]:
    """Compare each declared dependency with the lock.

    Args:
        lock: The lock.
        manifest: Its manifest.
        where: The manifest's path, for messages.
    Returns:
        In the order of the manifest.
    """
    locked: dict[str, list[LockEntry]] = defaultdict(list)
    for entry in lock.entries:
        locked[entry.pin.name].append(entry)
    groups = {MAIN, *(normalise(group) for entry in lock.entries for group in entry.groups)}
    wanted = [
        dependency
        for dependency in manifest.declared
        if not lock_format(lock.kind).partial_groups or dependency.group in groups
    ]
    return tuple(dict.fromkeys(_mismatches(wanted, locked, lock.path, where)))


def _mismatches(
    wanted: Sequence[DeclaredDependency], locked: Mapping[str, Sequence[LockEntry]], path: str, where: str
) -> Iterator[Mismatch]:
    for dependency in wanted:
        entries = locked.get(dependency.name, ())
        required = f"{where} requires {dependency.name} {printable(dependency.constraint)}".rstrip()
        if not entries:
            if not dependency.conditional:
                yield Mismatch(message=f"{required}, which is not in {path}", package=dependency.name)
        elif dependency.constraint and not (dependency.conditional and len(entries) > 1):
            yield from _version_mismatch(dependency, entries, required)


def _version_mismatch(
    dependency: DeclaredDependency, entries: Sequence[LockEntry], required: str
) -> Iterator[Mismatch]:
    versions = [entry.pin.version for entry in entries]
    if not all(versions):
        return  # an address or a folder: there is no version to compare
    try:
        if any(parse_range(dependency.constraint).admits(version) for version in versions):
            return
    except ValueError:
        yield Mismatch(message=f"{required}, which cannot be compared with a version", package=dependency.name)
        return
    found = ", ".join(map(printable, versions))
    yield Mismatch(
        message=f"{required}, but {found} is locked", package=dependency.name, version=versions[0], line=entries[0].line
    )
