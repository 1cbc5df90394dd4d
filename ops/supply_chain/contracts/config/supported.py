"""Which retained releases are supported on a day, by `[releases]` and the support periods.

A release of which that cannot be decided is supported: to scan it costs nothing, and to leave it out hides what customers run.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from ops.supply_chain.contracts.config.file import Config
from ops.supply_chain.contracts.config.periods import RetainedOn, matches, support_end
from ops.supply_chain.contracts.config.releases import NEWEST


def supported_releases(config: Config, releases: Sequence[RetainedOn], today: date) -> tuple[RetainedOn, ...]:
    """Return the supported ones of some releases.

    Args:
        config: The project's configuration.
        releases: All retained ones, oldest first.
        today: In UTC.
    Returns:
        In the same order; the newest is always among them.
    """
    return tuple(
        release
        for position, release in enumerate(releases, 1)
        if position == len(releases) or _is_supported(config, release, today)
    )


def unmatched_entries(config: Config, releases: Sequence[RetainedOn]) -> tuple[str, ...]:
    """Return the entries of a list in `[releases].supported` that no retained release matches, in order."""
    listed = config.releases.supported
    if not isinstance(listed, tuple):
        return ()
    return tuple(entry for entry in listed if not any(_names(entry, release.version) for release in releases))


def _is_supported(config: Config, release: RetainedOn, today: date) -> bool:
    listed, age = config.releases.supported, config.releases.age
    if listed == NEWEST:
        return False
    if age is not None:
        return release.day >= today - timedelta(days=age.days)
    if isinstance(listed, tuple) and listed:
        return any(_names(entry, release.version) for entry in listed)
    return _by_period(config, release, today)


def _names(entry: str, version: str) -> bool:
    return entry.strip() == version or bool(matches(entry, version))


def _by_period(config: Config, release: RetainedOn, today: date) -> bool:
    entry = next(
        (entry for entry in config.support.versions if matches(entry.versions, release.version) is not False), None
    )
    if entry is None or not entry.supported:
        return False
    ends = support_end(config, release)
    return ends is None or ends >= today
