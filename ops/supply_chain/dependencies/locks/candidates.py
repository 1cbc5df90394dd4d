"""Which locked version a dependency means, where a lock names the dependency and not the version."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from ops.supply_chain.core.names import normalise
from ops.supply_chain.dependencies.locks.entries import Edge
from ops.supply_chain.formats.poetry_ranges import parse_range


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
        """Return the pins that a dependency can mean.

        Args:
            name: In any spelling.
            version: Exact, where the lock gives it.
            constraint: A version constraint of the lock's tool; what is not a range narrows nothing.
        Returns:
            In the order of the lock; empty where the lock has no such pin.
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
