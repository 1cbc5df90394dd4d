"""Match components with what is wanted: by identity where there is one, else by a name that may mean it."""

from __future__ import annotations

import difflib
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

from ops.supply_chain.contracts.values.registry import PackageName, RegisteredComponent
from ops.supply_chain.suppliers.affected.model import Decide, Decided, PlaceStatus, WantedPackage
from ops.supply_chain.suppliers.affected.versions import Versions, undecided_reason

REPACKAGED = frozenset({"conda", "generic"})
"""Types of package URLs that identify no package of an ecosystem: the same software under its name, or another one."""

NO_IDENTITY = "it has this name, and no package URL that identifies it"
OTHER_ECOSYSTEM = "its package URL (pkg:{type}) has this name, and does not identify the package"
NO_RELEASE = "its document does not name the release of the distribution (distro=)"
OTHER_SPELLING = "the advisory spells its name in another way"
NEAR_LETTERS = 2
NEAR = 0.85
MOST_NEAR = 3
MOST_COMPARED = 4_000
"""Names that are compared one by one: more take longer than anyone waits."""

_SEPARATORS = re.compile(r"[-_.\s]+")


class Search:
    """What is searched for.

    Args:
        wanted: The packages, at least one.
    """

    def __init__(self, wanted: Iterable[WantedPackage]) -> None:
        self.wanted = tuple(wanted)
        self._exact: defaultdict[PackageName, list[WantedPackage]] = defaultdict(list)
        self._sources: defaultdict[tuple[str, str], list[WantedPackage]] = defaultdict(list)
        self._names: defaultdict[str, list[WantedPackage]] = defaultdict(list)
        for item in self.wanted:
            package = item.package
            self._exact[package].append(item)
            self._names[_plain(package.name)].append(item)
            if item.source:
                self._sources[package.type, item.source].append(item)

    @property
    def packages(self) -> tuple[PackageName, ...]:
        """The wanted packages, each once."""
        return tuple(self._exact)

    @property
    def sources(self) -> tuple[str, ...]:
        """The wanted source packages of distributions."""
        return tuple(dict.fromkeys(source for _, source in self._sources))

    @property
    def spellings(self) -> tuple[str, ...]:
        """The names that a component without an identity may have, sorted."""
        found: set[str] = set()
        for item in self.wanted:
            name = item.package.name
            parts = _SEPARATORS.split(name.lower())
            found |= {name, name.lower(), *(sign.join(parts) for sign in "-_. ")}
        return tuple(sorted(found))

    def decide(self, component: RegisteredComponent) -> Decided | None:
        """Return what is known of a component; None if it is another package."""
        package = component.package
        found = self._exact.get(package, ())
        if not found and component.source:
            found = self._sources.get((package.type, component.source.partition("@")[0]), ())
        if found:
            return worst([_certain(item, item.decide(component)) for item in found])
        if (package.weak or package.type in REPACKAGED) and _plain(package.name) in self._names:
            why = NO_IDENTITY if package.weak else OTHER_ECOSYSTEM.format(type=package.type)
            return Decided(PlaceStatus.POSSIBLE, why)
        return None


def worst(decided: Sequence[Decided]) -> Decided:
    """Return the one that leaves most open: affected before undecided before clear."""
    order = (PlaceStatus.AFFECTED, PlaceStatus.UNDECIDED, PlaceStatus.POSSIBLE, PlaceStatus.CLEAR)
    return min(decided, key=lambda item: order.index(item.status))


def by_versions(package: PackageName, versions: Versions, release: str = "") -> Decide:
    """Return the decision by the versions of a question.

    Args:
        package: The wanted one. A binary package of a distribution that was built from it counts by the source's version.
        versions: Those that were asked for.
        release: The release of a distribution, as a package URL has it; empty for any.
    """

    def decide(component: RegisteredComponent) -> Decided:
        if release and component.distribution and not _same_release(release, component.distribution):
            return Decided(PlaceStatus.CLEAR, "it is of another release of the distribution")
        version = component.version
        if component.package != package:
            version = component.source.partition("@")[2] or version
        included = versions.include(version)
        if included is None:
            return Decided(PlaceStatus.UNDECIDED, undecided_reason(versions, version))
        if included and release and not component.distribution:
            return Decided(PlaceStatus.UNDECIDED, NO_RELEASE)
        return Decided(PlaceStatus.AFFECTED if included else PlaceStatus.CLEAR)

    return decide


def _same_release(asked: str, found: str) -> bool:
    return found == asked or found.startswith(f"{asked}.")


def near_names(name: str, listed: Collection[str]) -> tuple[str, ...]:
    """Return listed names that an unlisted one may be a misspelling of, the nearest first.

    Args:
        name: As asked for.
        listed: Names of the same ecosystem that occur somewhere.
    """
    asked = _plain(name)
    plain: dict[str, str] = {}
    for other in sorted(set(listed)):
        if abs(len(other) - len(asked)) <= NEAR_LETTERS and (other[:1] == asked[:1] or other[-1:] == asked[-1:]):
            plain.setdefault(_plain(other), other)
    alike = list(plain)[:MOST_COMPARED]
    found = [other for other in alike if _is_one_slip(asked, other)]
    found += difflib.get_close_matches(asked, alike, n=MOST_NEAR, cutoff=NEAR)
    return tuple(plain[other] for other in dict.fromkeys(found))[:MOST_NEAR]


def _is_one_slip(text: str, other: str) -> bool:
    """Return whether one letter too many, too few, another one or two that changed places lead to a text."""
    if len(text) > len(other):
        text, other = other, text
    at = next((place for place, (left, right) in enumerate(zip(text, other, strict=False)) if left != right), len(text))
    if len(text) < len(other):
        return text[at:] == other[at + 1 :] and len(other) == len(text) + 1
    swapped = text[:at] + text[at + 1 : at + 2] + text[at : at + 1] + text[at + 2 :]
    return text[at + 1 :] == other[at + 1 :] or swapped == other


def _plain(name: str) -> str:
    return _SEPARATORS.sub("-", name.strip()).lower()


def _certain(item: WantedPackage, decided: Decided) -> Decided:
    if item.certain or decided.status is PlaceStatus.CLEAR:
        return decided
    return decided._replace(status=PlaceStatus.UNDECIDED, reason=OTHER_SPELLING)
