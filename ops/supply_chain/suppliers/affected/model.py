"""What was searched for, where it is, and what follows: the values between the search and the texts."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple

import msgspec

from ops.supply_chain.contracts.values.registry import PackageName, RegisteredComponent


class PlaceKind(StrEnum):
    """What contains a package: a lock of today, an own release, a supplier's product, a deployed folder."""

    LOCK = "lock"
    RELEASE = "release"
    SUPPLIER = "supplier"
    DEPLOYED = "deployed"


class PlaceStatus(StrEnum):
    """What is known of one place.

    `AFFECTED`: it contains what was asked for. `UNDECIDED`: its version cannot be decided. `POSSIBLE`: the component has the
    name, and nothing that identifies it. `UNTRUSTED`: only a document that was quarantined or refused lists it.
    `STATED`: a statement that counts says that it is not affected, or fixed. `SUPERSEDED`: an older document lists it.
    `CLEAR`: it contains the package in a version that was not asked for.
    """

    AFFECTED = "affected"
    UNDECIDED = "undecided"
    POSSIBLE = "possible"
    UNTRUSTED = "untrusted"
    STATED = "not-affected"
    SUPERSEDED = "superseded"
    CLEAR = "other-version"


OPEN = (PlaceStatus.UNDECIDED, PlaceStatus.POSSIBLE, PlaceStatus.UNTRUSTED)
"""What is neither affected nor clear: never "not affected"."""


class Decided(NamedTuple):
    """Whether a version is one that was asked for: `AFFECTED`, `CLEAR` or `UNDECIDED`, with the reason of the last one.

    `fixed` is the nearest version that is not affected, empty if none is known. `ids` are the names of the vulnerability.
    """

    status: PlaceStatus
    reason: str = ""
    fixed: str = ""
    ids: tuple[str, ...] = ()


Decide = Callable[[RegisteredComponent], Decided]


class WantedPackage(NamedTuple):
    """One package to search for, and how its versions are decided.

    `source` is the name of a distribution's source package, whose binary packages are wanted, too; empty for none.
    `certain` is False if the identity may be another one (its spelling differs): what is found can then only be undecided.
    """

    package: PackageName
    decide: Decide
    source: str = ""
    certain: bool = True


class FoundPlace(msgspec.Struct, frozen=True, kw_only=True):
    """One component somewhere.

    `owner` is what contains it, for people: a lock's path, a release, a supplier's product. `where` is the line or the place
    in the document. `path` are the packages that lead to it, the first one direct; empty if that is not known. `by` is whose
    statement or waiver the status rests on. `since` is the day since which a release is retained. `document` is the
    SHA-256 of the SBOM, empty for a lock. `name` and `release` are parts of `owner` that a text needs by themselves: supplier
    or component, and version. `upgrade` is the command that locks another version. `at` is the component's position in its
    document. `seen` are further remarks about it, such as statements that lose.
    """

    kind: PlaceKind
    status: PlaceStatus
    owner: str
    package: str
    version: str
    where: str = ""
    path: tuple[str, ...] = ()
    reason: str = ""
    by: str = ""
    since: str = ""
    fixed: str = ""
    ids: tuple[str, ...] = ()
    document: str = ""
    name: str = ""
    product: str = ""
    release: str = ""
    upgrade: str = ""
    at: int = -1
    seen: tuple[str, ...] = ()


class Problem(NamedTuple):
    """Something that was not searched, or not as a whole: what and why, and the next step."""

    text: str
    step: str = ""


class FeedLine(NamedTuple):
    """A feed that was searched: its name, its ecosystems, its records, the age of the newest one in seconds (None: unknown)."""

    name: str
    records: int
    age_seconds: int | None


class OtherVersion(NamedTuple):
    """A version of a package that was not asked for, and how many products of suppliers contain it."""

    package: str
    version: str
    products: int


class Searched(NamedTuple):
    """How much was searched."""

    locks: int = 0
    releases: int = 0
    documents: int = 0
    deployed: int = 0
    files: int = 0


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to one question.

    `question` is as typed, `subject` what it is about in words. `versions` is True if versions were asked for, or a
    vulnerability: then a package in another version is not affected. `ids` are the names of a vulnerability. `unknown` is True
    if no feed knows it. `withdrawn` is True if every record of it was withdrawn, `digest`
    and `folder` if one of those was asked for. `severity` is the worst of its records,
    `exploitation` what KEV and EPSS say of it, where they are configured.
    `packages` are the wanted ones, `elsewhere` listed packages of other ecosystems with the same name. `near` are listed names that the asked one may
    be a misspelling of, `retry` is the question with the nearest of them, `options` are the words
    with which a further command asks the same places. `places` are sorted; of suppliers' products
    that contain another version, only `others` counts them. `problems` are what was not searched. `notes` are
    remarks that change nothing.
    """

    question: str
    subject: str
    versions: bool = True
    ids: tuple[str, ...] = ()
    summary: str = ""
    severity: str = ""
    exploitation: str = ""
    packages: tuple[str, ...] = ()
    unknown: bool = False
    withdrawn: bool = False
    digest: bool = False
    folder: bool = False
    near: tuple[str, ...] = ()
    retry: str = ""
    options: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()
    places: tuple[FoundPlace, ...] = ()
    others: tuple[OtherVersion, ...] = ()
    problems: tuple[Problem, ...] = ()
    feeds: tuple[FeedLine, ...] = ()
    searched: Searched = Searched()
    notes: tuple[str, ...] = ()

    @property
    def is_listed(self) -> bool:
        """True if anything contains what was asked for, in whatever version."""
        return bool(self.others) or any(place.status is not PlaceStatus.POSSIBLE for place in self.places)

    def of(self, *statuses: PlaceStatus) -> tuple[FoundPlace, ...]:
        """Return the places of some statuses."""
        return tuple(place for place in self.places if place.status in statuses)
