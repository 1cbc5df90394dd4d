"""The direct dependencies of a project, each once, with every place where it is pinned."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from ops.supply_chain.contracts.values.lock import Lock, PinSourceKind
from ops.supply_chain.contracts.values.package_index import PageAddress
from ops.supply_chain.dependencies.updates.ranges import Ranges


class Dependency(NamedTuple):
    """A direct dependency at its pinned version.

    `range` is the specifier in the project's source, empty for any version, None if unknown.
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
        ranges: Returns the ranges of a source by its path; called once for each.
        shown: Returns a path as reports show it.
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
    """Merge a pin with an unknown range into the same pin elsewhere, if exactly one range is known.

    Args:
        found: Dependencies with their places.
    Returns:
        The same places, sorted by dependency.
    """
    ranges: dict[tuple[PageAddress, str], set[str]] = {}
    for dependency in found:
        if dependency.range is not None:
            ranges.setdefault((dependency.page, dependency.version), set()).add(dependency.range)
    merged: dict[Dependency, set[str]] = {}
    for dependency, places in found.items():
        known = ranges.get((dependency.page, dependency.version), set())
        target = dependency._replace(range=min(known)) if dependency.range is None and len(known) == 1 else dependency
        merged.setdefault(target, set()).update(places)
    return {dependency: merged[dependency] for dependency in sorted(merged, key=lambda dependency: dependency.sort_key)}
