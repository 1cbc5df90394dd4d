"""Findings about releases that customers run: an advisory names every supported release that contains the package.

| code | what | severity |
|---|---|---|
| `vulnerability.shipped` | supported releases contain an affected version | as of a lock: its rating; absent or conflicting counts as high |
| `malware.shipped` | supported releases contain what is, or may be, a malicious package | critical |
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple

import msgspec

from ops.supply_chain.contracts.files.ledger import START, Ledger, LedgerLine
from ops.supply_chain.contracts.values.advisory import Status, Vulnerability, parse_version
from ops.supply_chain.contracts.values.finding import Finding
from ops.supply_chain.core.commands import command
from ops.supply_chain.core.moments import timestamp_of_epoch
from ops.supply_chain.core.text import plural
from ops.supply_chain.risk.advisories.findings import KNOWN, MALWARE, UNDECIDED, FindingBuilder
from ops.supply_chain.risk.advisories.pins import Locations, PinKey

SHIPPED, SHIPPED_MALWARE = "vulnerability.shipped", "malware.shipped"
MOST_VERSIONS = 8
"""Releases that a sentence names; the locations have all of them."""


class ShippedRelease(NamedTuple):
    """A supported release: its version, the day (UTC) since which it is retained, its pins and the SBOM that lists them.

    A package of another ecosystem than PyPI is in `pins` by its package URL without version, as findings name it.
    """

    version: str
    since: date
    pins: frozenset[PinKey]
    sbom: str


class Shipped(NamedTuple):
    """One vulnerability of one pin, and the releases that contain the pin, oldest first."""

    hit: Vulnerability
    key: PinKey
    releases: tuple[ShippedRelease, ...]


Matches = Mapping[PinKey, Sequence[Vulnerability]]


def shipped(releases: Sequence[ShippedRelease], matches: Matches) -> tuple[Shipped, ...]:
    """Return every vulnerability that releases contain, sorted by pin; settled ones are left out.

    Args:
        releases: Oldest first.
        matches: Of all their pins; others are ignored.
    """
    found = (
        Shipped(hit, key, tuple(release for release in releases if key in release.pins))
        for key, hits in sorted(matches.items())
        for hit in hits
        if hit.status is not Status.SETTLED
    )
    return tuple(entry for entry in found if entry.releases)


def as_of_publication(entries: Iterable[Shipped], today: date) -> Ledger:
    """Return a ledger in which each advisory was first seen on the day of its publication, at the latest today.

    It takes the place of a ledger that nothing has remembered: an advisory is never newer than its publication.
    """
    lines = []
    for entry in entries:
        hit = entry.hit
        day = today.isoformat()
        if hit.published is not None:
            day = min(day, _day(hit.published) or day)
        code = MALWARE if hit.malware else KNOWN if hit.status is Status.AFFECTED else UNDECIDED
        names = tuple(sorted(set(hit.names)))
        lines.append(LedgerLine(code=code, package=hit.package, names=names, first_seen=day, prev=START))
    return Ledger(lines)


def _day(seconds: int) -> str:
    try:
        return timestamp_of_epoch(seconds)[:10]
    except (OverflowError, OSError, ValueError):
        return ""


class TodaysLocks(NamedTuple):
    """What today's locks have: `pins` with what their wheels contain; None where they could not be read.

    `unsure` are packages that only a wheel can contain, and the wheels of today's pins were not opened.
    """

    pins: Collection[PinKey] | None
    unsure: Collection[PinKey] = ()


class Remedies:
    """What customers can do: the newer release that does not contain a vulnerability.

    Args:
        component: Its name.
        releases: The examined ones, oldest first.
        matches: The vulnerabilities of all pins.
        today: What today's locks have.
    """

    def __init__(
        self, component: str, releases: Sequence[ShippedRelease], matches: Matches, today: TodaysLocks
    ) -> None:
        self._component = component
        self._releases = tuple(releases)
        self._places = {release.version: place for place, release in enumerate(self._releases)}
        self._versions = [parse_version(release.version) for release in self._releases]
        self._today = today
        self._pins: dict[tuple[str, str], set[PinKey]] = {}
        for key, hits in matches.items():
            for hit in hits:
                if hit.status is not Status.SETTLED:
                    for name in hit.names:
                        self._pins.setdefault((key[0], name), set()).add(key)
        self._clear: dict[frozenset[PinKey], list[int]] = {}

    def step(self, entry: Shipped, upgrade: str) -> str:
        """Return the next step for one finding.

        Args:
            entry: The vulnerability and its releases.
            upgrade: What to do in a lock that contains it, as the gate of locks states it.
        """
        affected = self._affected(entry)
        clear = self._clear_of(affected)
        fixes: dict[str, list[str]] = {}
        for release in entry.releases:
            fixes.setdefault(self._fixed_in(clear, release), []).append(release.version)
        waiting = fixes.pop("", [])
        steps = [
            f"Inform the users of {self._component} {names(versions)}: {fixed} does not contain it"
            for fixed, versions in fixes.items()
        ]
        if waiting:
            steps.append(
                f"There is no release without it yet for users of {names(waiting)}: {self._make_one(affected, upgrade)}"
            )
        return "; ".join(steps)

    def _make_one(self, affected: frozenset[PinKey], upgrade: str) -> str:
        release = command("release")
        if self._today.pins is None:
            return f"check today's locks, then make a release ({release})"
        if not affected.isdisjoint(self._today.pins):
            return f"{upgrade[:1].lower()}{upgrade[1:]}; then make a release ({release})"
        if not affected.isdisjoint(self._today.unsure):
            return f"check whether a wheel of today's locks contains it, then make a release ({release})"
        return f"today's locks do not contain it, make a release ({release})"

    def _fixed_in(self, clear: Sequence[int], release: ShippedRelease) -> str:
        """Return the newest later release that is clear of a vulnerability; empty if there is none."""
        at = self._places[release.version]
        for place in reversed(clear):
            if self._is_later(place, at):
                return self._releases[place].version
        return ""

    def _is_later(self, place: int, than: int) -> bool:
        """Compare by version; by the order of the releases where PEP 440 cannot read one of the two."""
        first, second = self._versions[place], self._versions[than]
        return first > second if first and second else place > than

    def _affected(self, entry: Shipped) -> frozenset[PinKey]:
        """Return all pins that have a vulnerability, in whatever version."""
        return frozenset().union(*(self._pins.get((entry.key[0], name), ()) for name in entry.hit.names))

    def _clear_of(self, affected: frozenset[PinKey]) -> list[int]:
        if affected not in self._clear:
            self._clear[affected] = [
                place for place, release in enumerate(self._releases) if affected.isdisjoint(release.pins)
            ]
        return self._clear[affected]


def finding_of(
    entry: Shipped, builder: FindingBuilder, at: Locations, remedies: Remedies, upgrade: str, component: str
) -> Finding:
    """Return the finding for one vulnerability of some releases.

    Args:
        entry: The vulnerability and its releases.
        builder: Builds the finding as for a lock: severity, due date, first sighting.
        at: The SBOMs of the releases.
        remedies: What customers can do.
        upgrade: What to do in a lock that contains it.
        component: Its name.
    """
    hit = entry.hit
    base = builder.malware(hit, at) if hit.malware else builder.vulnerability(hit, at, move_to="")
    versions = [release.version for release in entry.releases]
    since = min(release.since for release in entry.releases)
    return msgspec.structs.replace(
        base,
        code=SHIPPED_MALWARE if hit.malware else SHIPPED,
        message=f"{component} {names(versions)} shipped it, since {since}: {base.message}",
        next_step=remedies.step(entry, upgrade or base.next_step),
    )


def names(versions: Sequence[str]) -> str:
    """Return versions as words: the first few, and how many more."""
    shown, more = list(versions[:MOST_VERSIONS]), len(versions) - MOST_VERSIONS
    if more > 0:
        return f"{', '.join(shown)} and {plural(more, 'more release')}"
    return " and ".join(filter(None, (", ".join(shown[:-1]), shown[-1])))


def on_releases(at: Locations, entry: Shipped) -> Locations:
    """Return locations with those of the releases of one entry alone."""
    paths = [release.sbom for release in entry.releases]
    return at._replace(path=paths[0], line=1, also_at=tuple(f"{path}:1" for path in paths[1:]), total=len(paths))


def split_by(entry: Shipped, label: Mapping[str, str]) -> Iterator[tuple[str, Shipped]]:
    """Yield an entry for each way in which VEX covers its releases: the label of the document, empty for none.

    Args:
        entry: The vulnerability and its releases.
        label: Version -> label.
    """
    groups: dict[str, list[ShippedRelease]] = {}
    for release in entry.releases:
        groups.setdefault(label.get(release.version, ""), []).append(release)
    for covered, releases in groups.items():
        yield covered, entry._replace(releases=tuple(releases))
