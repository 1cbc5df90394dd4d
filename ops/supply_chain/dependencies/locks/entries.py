"""Assembly of a lock: entries with their edges both ways, findings in order, digest of the bytes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

import msgspec

from ops.supply_chain.contracts.values.finding import Finding
from ops.supply_chain.contracts.values.lock import Lock, LockEntry, LockKind, PinSource
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


class LockedPackage(NamedTuple):
    """A package of a lock: one name and version can come from several sources."""

    edge: Edge
    source: PinSource


class Links(NamedTuple):
    """The edges of one package, as `LockEntry` has them."""

    depends_on: tuple[Edge, ...]
    depends_on_sources: tuple[tuple[str, str, PinSource], ...]
    required_by: tuple[str, ...]


class LockGraph:
    """The packages of a lock and the edges between them.

    Args:
        nodes: In the order of the lock; equal ones are the same package.
    """

    def __init__(self, nodes: Iterable[LockedPackage]) -> None:
        self._nodes: dict[Edge, list[LockedPackage]] = defaultdict(list)
        for node in dict.fromkeys(nodes):
            self._nodes[node.edge].append(node)
        self._candidates = Candidates(self._nodes)
        self._needs: dict[LockedPackage, set[LockedPackage]] = defaultdict(set)
        self._required_by: dict[LockedPackage, set[str]] = defaultdict(set)
        self._stated: dict[LockedPackage, set[LockedPackage]] = defaultdict(set)

    def need(
        self,
        node: LockedPackage,
        name: str,
        *,
        version: str = "",
        constraint: str = "",
        is_meant: Callable[[PinSource], bool] | None = None,
    ) -> None:
        """Add a dependency of a package; one that is not in the lock adds nothing.

        Args:
            node: The package.
            name: In any spelling.
            version: The exact version, if the lock contains it.
            constraint: A version constraint of the lock's tool.
            is_meant: Whether the lock means this source, if it states one; without effect if it means none that it has.
        """
        edges = self._candidates.named(name, version=version, constraint=constraint)
        found = [other for edge in edges for other in self._nodes[edge] if edge != node.edge]
        meant = [other for other in found if is_meant is not None and is_meant(other.source)]
        for other in meant or found:
            self._needs[node].add(other)
            self._required_by[other].add(node.edge[0])
            if meant and len(self._nodes[other.edge]) > 1:
                self._stated[node].add(other)

    def named(self, name: str) -> tuple[LockedPackage, ...]:
        """Return the packages of a name, in any spelling."""
        return tuple(node for edge in self._candidates.named(name) for node in self._nodes[edge])

    def needed(self, node: LockedPackage) -> frozenset[LockedPackage]:
        """Return the packages that a package depends on."""
        return frozenset(self._needs.get(node, ()))

    def links(self, node: LockedPackage) -> Links:
        """Return the edges of a package, sorted."""
        stated = {(*other.edge, other.source) for other in self._stated.get(node, ())}
        return Links(
            shared_edges(tuple(sorted({other.edge for other in self._needs.get(node, ())}))),
            tuple(sorted(stated, key=lambda found: (found[0], found[1], repr(found[2])))),
            tuple(sorted(self._required_by.get(node, ()))),
        )


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
