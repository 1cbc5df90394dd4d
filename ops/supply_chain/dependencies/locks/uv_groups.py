"""Which groups of a project reach which packages: a walk from each group along the edges."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from ops.supply_chain.dependencies.locks.entries import Edge

Node = tuple[Edge, str]
"""A package, and one of its extras or an empty text for the package itself."""


class Group(NamedTuple):
    """A dependency group or extra of the project, and what it asks for."""

    name: str
    nodes: tuple[Node, ...]


def groups_of(starts: Iterable[Group], edges: Mapping[Node, tuple[Node, ...]]) -> dict[Edge, tuple[str, ...]]:
    """Find the groups that pull each package in, directly or not.

    Args:
        starts: The groups; several may have one name.
        edges: What each package, or extra of a package, needs.
    Returns:
        (name, version) -> names of groups, sorted; what no group reaches is missing.
    """
    found: dict[Edge, set[str]] = defaultdict(set)
    asked: dict[str, list[Node]] = defaultdict(list)
    for group in starts:
        asked[group.name] += group.nodes
    for name, nodes in asked.items():
        for edge, _ in _reached(nodes, edges):
            found[edge].add(name)
    return {edge: tuple(sorted(names)) for edge, names in found.items()}


def _reached(nodes: Iterable[Node], edges: Mapping[Node, tuple[Node, ...]]) -> set[Node]:
    waiting = list(nodes)
    seen = set(waiting)
    while waiting:
        fresh = [node for node in edges.get(waiting.pop(), ()) if node not in seen]
        seen.update(fresh)
        waiting += fresh
    return seen
