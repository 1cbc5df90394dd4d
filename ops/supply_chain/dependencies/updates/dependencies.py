"""The dependencies that a project asks for itself, each once, with every place where it is pinned."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from ops.supply_chain.contracts.values.lock import Lock, PinSourceKind
from ops.supply_chain.contracts.values.package_index import PageAddress
from ops.supply_chain.dependencies.updates.ranges import Ranges


class Dependency(NamedTuple):
    """A direct dependency at its pinned version.

    `range` is the specifier that the project states, empty for any version, None where it is not known.
    """

    page: PageAddress
    version: str
    range: str | None

    @property
    def sort_key(self) -> tuple[str, str, str, bool, str]:
        """Order in every list: by name, version, index, range, an unknown one last."""
        return (self.page.name, self.version, self.page.home, self.range is None, self.range or "")


def dependencies_of(
    locks: Sequence[Lock], ranges: Callable[[str], Ranges], shown: Callable[[str], str], *, index: str = ""
) -> dict[Dependency, set[str]]:
    """Find the direct dependencies of some locks that come from an index.

    Args:
        locks: Of one project.
        ranges: Gives the ranges of a source by its path; it is asked once for each.
        shown: Gives a path as it is told.
        index: The project's index, for pins that name none; empty means the default one.
    Returns:
        Each dependency with its places, as `path:line`.
    """
    found: dict[Dependency, set[str]] = {}
    known: dict[str, Ranges] = {"": {}}
    sources = {lock.path: lock.source for lock in locks}
    for lock in locks:
        for entry in lock.entries:
            pin, source = entry.pin, sources.get(entry.path, lock.source)
            if source not in known:
                known[source] = ranges(source)
            stated = known[source]
            usable = pin.version and not pin.local and pin.source.kind is PinSourceKind.INDEX
            if usable and (entry.direct or pin.name in stated):
                page = PageAddress(pin.source.url or index, pin.name)
                place = f"{shown(entry.path)}:{entry.line}"
                found.setdefault(Dependency(page, pin.version, stated.get(pin.name)), set()).add(place)
    return found


def folded(found: Mapping[Dependency, set[str]]) -> dict[Dependency, set[str]]:
    """Fold a pin whose range is not known into the same pin elsewhere, where just one range is.

    Args:
        found: Dependencies with their places.
    Returns:
        The same places, sorted by dependency.
    """
    ranges: dict[tuple[PageAddress, str], set[str]] = {}
    for one in found:
        if one.range is not None:
            ranges.setdefault((one.page, one.version), set()).add(one.range)
    merged: dict[Dependency, set[str]] = {}
    for one, places in found.items():
        known = ranges.get((one.page, one.version), set())
        target = one._replace(range=min(known)) if one.range is None and len(known) == 1 else one
        merged.setdefault(target, set()).update(places)
    return {one: merged[one] for one in sorted(merged, key=lambda one: one.sort_key)}
