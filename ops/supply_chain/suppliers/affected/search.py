"""Match components with what is wanted: by identity where there is one, else by a name that may mean it."""

from __future__ import annotations

import difflib
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

from ops.supply_chain.contracts.values.registry import PackageName, RegisteredComponent
from ops.supply_chain.core.text import printable
from ops.supply_chain.formats.version_orders.ecosystems import base_ecosystem, release_of, without_rebuild
from ops.supply_chain.suppliers.affected.model import Decide, Decided, PlaceStatus, WantedPackage
from ops.supply_chain.suppliers.affected.versions import Versions, undecided_reason

REPACKAGED = frozenset({"bitbucket", "conda", "generic", "github", "gitlab"})
"""Types of package URLs that identify no package of an ecosystem: the same software under its name, or another one."""

NO_IDENTITY = "it has this name, and no package URL that identifies it"
OTHER_ECOSYSTEM = "its package URL (pkg:{type}) has this name, and does not identify the package"
UNKNOWN_RELEASE = "{release!r} names no release of the distribution that is known"
NO_RELEASE = "its document does not name the release of the distribution (distro=)"
NO_NAMESPACE = "its package URL (pkg:{type}) has this name, and no namespace"
OTHER_SPELLING = "its name is spelt in another way"
_NUMBERED = re.compile(r"[a-z_]+-[0-9][0-9.]*")
NEAR_LETTERS = 2
NEAR = 0.85
MOST_NEAR = 3
MOST_COMPARED = 4_000
"""Names that are compared one by one: more take longer than anyone waits."""

_NAMESPACED = frozenset({"apk", "composer", "deb", "maven", "rpm"})
"""Types whose package URLs identify nothing without a namespace."""

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
            for name in (package.name, *_full_names(package)):
                self._names[_plain(name)].append(item)
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
        return tuple(sorted({name for item in self.wanted for name in spellings(item.package)}))

    def decide(self, component: RegisteredComponent) -> Decided | None:
        """Return what is known of a component; None if it is another package."""
        package = component.package
        found = self._exact.get(package, ())
        if not found and component.source:
            found = self._sources.get((package.type, component.source.partition("@")[0]), ())
        if found:
            return worst([_certain(item, item.decide(component)) for item in found])
        if may_mean_another(package) and _plain(package.name) in self._names:
            other = NO_NAMESPACE if package.type in _NAMESPACED else OTHER_ECOSYSTEM
            why = NO_IDENTITY if package.weak else other.format(type=package.type)
            return Decided(PlaceStatus.POSSIBLE, why)
        return None


def may_mean_another(package: PackageName) -> bool:
    """Return whether a package can be the one of the same name in an ecosystem, because nothing identifies it there."""
    return package.weak or package.type in REPACKAGED or (package.type in _NAMESPACED and not package.namespace)


def spellings(package: PackageName) -> set[str]:
    """Return the names that a component without an identity may have if it is a package."""
    found: set[str] = set()
    for name in (package.name, *_full_names(package)):
        parts = _SEPARATORS.split(name.lower())
        found |= {name, name.lower(), *(sign.join(parts) for sign in "-_. ")}
    return found


def _full_names(package: PackageName) -> tuple[str, ...]:
    """Return how documents write a package with its namespace into one name."""
    return tuple(f"{package.namespace}{joint}{package.name}" for joint in "/:.") if package.namespace else ()


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
        same = _same_release(package, release, component.distribution) if release and component.distribution else True
        if same is False:
            return Decided(PlaceStatus.CLEAR, "it is of another release of the distribution")
        texts = _versions(component, package, versions.ecosystem)
        answers = {text: versions.include(text) for text in texts}
        if True not in answers.values():
            open_ = [text for text, included in answers.items() if included is None]
            if open_:
                return Decided(PlaceStatus.UNDECIDED, undecided_reason(versions, open_[0]))
            return Decided(PlaceStatus.CLEAR)
        if same is None:
            return Decided(
                PlaceStatus.UNDECIDED, UNKNOWN_RELEASE.format(release=printable(component.distribution[:60]))
            )
        if release and not component.distribution:
            return Decided(PlaceStatus.UNDECIDED, NO_RELEASE)
        return Decided(PlaceStatus.AFFECTED)

    return decide


def _versions(component: RegisteredComponent, package: PackageName, ecosystem: str) -> tuple[str, ...]:
    """Return the versions of a component that a question can mean.

    Of a package of a distribution that was built from the wanted one, the source's; of one that is called like its source,
    both, because they can differ (`1:2.38.1-5` of `util-linux@2.38.1-5`). A rebuild also counts as what was rebuilt.
    """
    source, _, version = component.source.partition("@")
    if component.package != package:
        found = (version or component.version,)
    else:
        found = (component.version, *((version,) if version and source == package.name.lower() else ()))
    return tuple(dict.fromkeys(text for item in found for text in (item, without_rebuild(ecosystem, item))))


def _same_release(package: PackageName, asked: str, found: str) -> bool | None:
    """Return whether two texts name the same release of a distribution; None if that cannot be decided."""
    if found == asked or found.startswith(f"{asked}.") or asked.startswith(f"{found}."):
        return True
    releases = [release_of(package.type, package.namespace, text) for text in (asked, found)]
    if all(releases):
        return releases[0] == releases[1]
    known = base_ecosystem(package.type, package.namespace)
    return None if known or not all(_NUMBERED.fullmatch(text) for text in (asked, found)) else False


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
