"""The way from a product to a component of its SBOM: along the dependencies, shortest first."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

from ops.supply_chain.contracts.values.received_sbom import NO_COMPONENT, EdgeKind, ReceivedSbom

MOST_STEPS = 100_000
"""Components that are visited on the way: a document can have two hundred thousand."""

_DOWN = frozenset({EdgeKind.DEPENDS_ON, EdgeKind.OPTIONAL, EdgeKind.DEVELOPMENT, EdgeKind.CONTAINS, EdgeKind.PROVIDES})


def path_to(sbom: ReceivedSbom, position: int) -> tuple[str, ...]:
    """Return the names of the components that lead to one, the component itself last; the product is left out.

    Args:
        sbom: The document.
        position: Of the component.
    Returns:
        Empty where the document has no dependency on it.
    """
    components = sbom.components
    if not 0 <= position < len(components):
        return ()
    above: dict[int, list[int]] = {}
    for source, target, kind in sbom.edges:
        if kind in _DOWN:
            above.setdefault(target, []).append(source)
    for place, component in enumerate(components):
        if component.parent != NO_COMPONENT:
            above.setdefault(place, []).append(component.parent)
    way = _way_up(above, position, frozenset(sbom.roots))
    return tuple(components[place].name for place in way if place not in sbom.roots)


def _way_up(above: Mapping[int, list[int]], position: int, roots: frozenset[int]) -> list[int]:
    """Return the positions from a root to one, or from what nothing leads to; empty if nothing leads to it."""
    below = {position: NO_COMPONENT}
    waiting, top = deque([position]), NO_COMPONENT
    while waiting and len(below) < MOST_STEPS:
        place = waiting.popleft()
        if place in roots:
            top = place
            break
        for source in above.get(place, ()):
            if source not in below:
                below[source] = place
                waiting.append(source)
    if top == NO_COMPONENT:
        return []
    way = []
    while top != NO_COMPONENT:
        way.append(top)
        top = below[top]
    return way


def name_path(name: str, required_by: Mapping[str, tuple[str, ...]], direct: frozenset[str]) -> tuple[str, ...]:
    """Return the names that lead to a package of a lock, a direct dependency first; only the package where that is unknown.

    Args:
        name: Of the package.
        required_by: Package -> what requires it.
        direct: The direct dependencies.
    """
    below: dict[str, str] = {name: ""}
    waiting, top = deque([name]), ""
    while waiting:
        found = waiting.popleft()
        if found in direct:
            top = found
            break
        for other in required_by.get(found, ()):
            if other not in below:
                below[other] = found
                waiting.append(other)
    way = []
    while top:
        way.append(top)
        top = below[top]
    return tuple(way)
