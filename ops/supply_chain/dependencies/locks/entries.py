"""Assembly of a lock: entries with their edges both ways, findings in order, digest of the bytes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

import msgspec

from ops.supply_chain.contracts.values.finding import Finding
from ops.supply_chain.contracts.values.lock import Lock, LockEntry, LockKind
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.names import normalise
from ops.supply_chain.core.text import printable
from ops.supply_chain.dependencies.locks.outside import without_outside
from ops.supply_chain.dependencies.locks.rules import duplicate_findings
from ops.supply_chain.formats.poetry_ranges import parse_range

Edge = tuple[str, str]


def make_lock(
    path: str,
    kind: LockKind,
    data: bytes,
    entries: Sequence[LockEntry],
    findings: Iterable[Finding],
    *,
    format_version: str = "",
    included: Iterable[tuple[str, str, int]] = (),
) -> Lock:
    """Return the lock, with findings for duplicates and for folders outside the project.

    Args:
        path: Relative to the project.
        kind: The format; all but requirements may contain several versions of one package.
        data: The file's bytes.
        entries: In the order of the file.
        findings: In any order.
        format_version: As written in the lock.
        included: (path, sha256, size) of further files read.
    """
    entries, foreign = without_outside(entries)
    doubled = duplicate_findings(entries, versions_may_differ=kind is not LockKind.REQUIREMENTS)
    return Lock(
        path=path,
        kind=kind,
        sha256=sha256_bytes(data),
        size=len(data),
        entries=tuple(entries),
        format_version=printable(format_version),
        included=tuple(sorted(set(included))),
        findings=tuple(sorted([*findings, *foreign, *doubled], key=lambda finding: finding.sort_key)),
    )


def with_groups(lock: Lock, *, extras: Iterable[str], default_groups: Iterable[str] = ()) -> Lock:
    """Return a lock with what is known of its entries' groups.

    Args:
        lock: As `make_lock` returned it.
        extras: The groups that are extras of the project.
        default_groups: Those that the tool installs without being asked, by the project's configuration.
    """
    return msgspec.structs.replace(
        lock, extras=tuple(sorted(set(extras))), default_groups=tuple(sorted(set(default_groups)))
    )


def requirers(edges: Mapping[Edge, Iterable[Edge]]) -> dict[Edge, tuple[str, ...]]:
    """Invert edges.

    Args:
        edges: (name, version) -> the (name, version) pairs that it needs.
    Returns:
        (name, version) -> the names that need it, sorted; a missing key means none.
    """
    found: dict[Edge, set[str]] = defaultdict(set)
    for (name, _), needed in edges.items():
        for edge in needed:
            found[edge].add(name)
    return {edge: tuple(sorted(names)) for edge, names in found.items()}


@lru_cache(maxsize=65536)
def shared_edges(edges: tuple[Edge, ...]) -> tuple[Edge, ...]:
    """Return the first tuple that was equal to this one, so that similar locks share it."""
    return edges


class Candidates:
    """The pins of a lock by name.

    Args:
        edges: (normalised name, version) of each pin.
    """

    def __init__(self, edges: Iterable[Edge]) -> None:
        self._by_name: dict[str, list[Edge]] = defaultdict(list)
        for edge in dict.fromkeys(edges):
            self._by_name[edge[0]].append(edge)

    def named(self, name: str, *, version: str = "", constraint: str = "") -> Sequence[Edge]:
        """Return the pins that a dependency can refer to.

        Args:
            name: In any spelling.
            version: The exact version, if the lock contains it.
            constraint: A version constraint of the lock's tool; what is not a range narrows nothing.
        Returns:
            In the order of the lock; empty if the lock has no such pin.
        """
        found = self._by_name.get(normalise(name), [])
        if version:
            return [edge for edge in found if edge[1] == version]
        if len(found) > 1 and constraint:
            return [edge for edge in found if _admits(constraint, edge[1])] or found
        return found


def _admits(constraint: str, version: str) -> bool:
    try:
        return not version or parse_range(constraint).admits(version)
    except ValueError:
        return True
