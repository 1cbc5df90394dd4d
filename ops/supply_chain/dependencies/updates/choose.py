"""Newer versions of a dependency, inside and outside its range, with their age."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from packaging.specifiers import SpecifierSet

from ops.supply_chain.dependencies.updates.dependencies import Dependency
from ops.supply_chain.dependencies.updates.releases import Release, parse


class Target(NamedTuple):
    """A newer version. `age_days` is None if the index publishes no upload time. `cooling_until` is the day on which
    it is old enough for `compile_locks.py`, empty if it already is.
    """

    version: str
    age_days: int | None
    cooling_until: str


class Update(NamedTuple):
    """The newer versions of one dependency.

    `inside` are the newest version in the range and, if that is too young, the newest that is not;
    `outside` likewise beyond the range. Both are empty if there is no newer version, and `inside` if
    the range is unknown: all newer versions are then outside.
    """

    dependency: Dependency
    age_days: int | None
    listed: bool
    yanked: bool
    yanked_reason: str
    inside: tuple[Target, ...]
    outside: tuple[Target, ...]


def choose(dependency: Dependency, releases: Sequence[Release], *, now: datetime, cool_down_days: int) -> Update | None:
    """Find newer versions of a dependency.

    Yanked releases, releases for other Pythons, and pre-releases of a dependency that is not on one do not count.

    Args:
        dependency: At its pinned version.
        releases: Of its project, oldest version first.
        now: The time of the run.
        cool_down_days: The least age of a release that a compile may pick.
    Returns:
        The update, or None if the pinned version cannot be compared.
    """
    pinned = parse(dependency.version)
    if pinned is None:
        return None
    own = next((release for release in releases if release.version == pinned), None)
    newer = [
        release
        for release in releases
        if release.version > pinned
        and not release.yanked
        and release.runs
        and (pinned.is_prerelease or not release.version.is_prerelease)
    ]
    wanted = None if dependency.range is None else SpecifierSet(dependency.range)
    inside = [release for release in newer if wanted is not None and wanted.contains(release.version, prereleases=True)]
    outside = [
        release for release in newer if release not in inside and (not inside or release.version > inside[-1].version)
    ]
    return Update(
        dependency=dependency,
        age_days=_age(own.uploaded if own else None, now),
        listed=own is not None,
        yanked=own is not None and own.yanked,
        yanked_reason=own.yanked_reason if own else "",
        inside=_targets(inside, now, cool_down_days),
        outside=_targets(outside, now, cool_down_days),
    )


def _targets(releases: Iterable[Release], now: datetime, cool_down_days: int) -> tuple[Target, ...]:
    """Return the newest and, if it is too young, the newest that is not."""
    found: list[Target] = []
    for release in reversed(list(releases)):
        target = _target(release, now, cool_down_days)
        if not found or not target.cooling_until:
            found.append(target)
        if not target.cooling_until:
            break
    return tuple(found)


def _target(release: Release, now: datetime, cool_down_days: int) -> Target:
    ready = release.uploaded + timedelta(days=cool_down_days) if release.uploaded else now
    cooling = ready.date().isoformat() if ready > now else ""
    return Target(str(release.version), _age(release.uploaded, now), cooling)


def _age(uploaded: datetime | None, now: datetime) -> int | None:
    return None if uploaded is None else max(0, (now - uploaded).days)
