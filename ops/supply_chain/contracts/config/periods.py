"""What the configuration decides about time: the support period of a release, and until when it is retained.

Source: Regulation (EU) 2024/2847, Articles 13(8) (a support period of at least five years, unless the product is expected to
be used for less) and 13(13) (technical documentation is kept for at least ten years or the support period, whichever is
longer), https://eur-lex.europa.eu/eli/reg/2024/2847/oj
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple

from ops.supply_chain.contracts.config.compliance import CraRole
from ops.supply_chain.contracts.config.file import CONFIG_NAME, Config
from ops.supply_chain.contracts.config.support import SupportedVersions

MANUFACTURER_YEARS = 10
"""For how long a manufacturer keeps a release at least: Article 13(13)."""

SUPPORT_YEARS = 5
"""How long a support period is at least, unless the product is expected to be used for less: Article 13(8)."""

MONTHS_PER_YEAR = 12
MOST_RELEASES = 5
"""Versions that a sentence names."""

_LINE = re.compile(r"v?([0-9]+(?:\.[0-9]+)*)(?:\.[x*])?", re.IGNORECASE)


class SupportState(StrEnum):
    """What there is to report about the support period of retained releases."""

    LISTED = "listed"
    ENDS_SOON = "ends-soon"
    ENDED = "ended"
    SHORT = "short"
    UNSTATED = "unstated"
    NOT_EXAMINED = "not-examined"


_STEPS = {
    SupportState.LISTED: "",
    SupportState.ENDS_SOON: f"Announce the end of support, or set a later end in [[support.versions]] of {CONFIG_NAME}.",
    SupportState.ENDED: "Check that users were informed that these releases get no more security fixes.",
    SupportState.SHORT: f"Set a later end, or `reason`: for how long the product is expected to be used, in {CONFIG_NAME}.",
    SupportState.UNSTATED: f"Add the support period to {CONFIG_NAME}: [[support.versions]] with `until` or `months`.",
    SupportState.NOT_EXAMINED: f"Write `versions` as 1.x, as a PEP 440 specifier, or as *, in {CONFIG_NAME}.",
}


class SupportStatus(NamedTuple):
    """The support period of retained releases of one line, and what there is to report about it.

    `line` is as the configuration has it, empty where no entry matches. `releases` are versions, in the given order.
    `begins` and `ends` are the first and the last day, None where unknown.
    """

    state: SupportState
    line: str
    releases: tuple[str, ...]
    begins: date | None
    ends: date | None

    @property
    def versions(self) -> str:
        """The releases in words: the first few, and how many more."""
        more = len(self.releases) - MOST_RELEASES
        return ", ".join(self.releases[:MOST_RELEASES]) + (f" and {more} more" if more > 0 else "")

    @property
    def sentence(self) -> str:
        """What there is to report, without the releases and without a full stop."""
        if self.state is SupportState.UNSTATED:
            return "no support period is stated, and the role is manufacturer"
        if self.state is SupportState.NOT_EXAMINED:
            return f"the version line {self.line[:40]!r} cannot be compared with a release"
        if self.state is SupportState.SHORT:
            span = f"from {self.begins} until {self.ends}"
            return f"the support period, {span}, is shorter than {SUPPORT_YEARS} years, and no reason is stated"
        verb = "ended" if self.state is SupportState.ENDED else "ends"
        return f"the support period {verb} on {self.ends}"

    @property
    def next_step(self) -> str:
        """What to do; empty for what is only listed."""
        return _STEPS[self.state]


class RetainedOn(NamedTuple):
    """A release and the day on which it was retained, in UTC."""

    version: str
    day: date


def later(day: date, *, months: int) -> date:
    """Return the same day some months later; the first day of the month after it where there is no such day."""
    year, month = divmod(day.year * MONTHS_PER_YEAR + day.month - 1 + months, MONTHS_PER_YEAR)
    try:
        return day.replace(year=year, month=month + 1)
    except ValueError:
        return date(year + (month + 1) // MONTHS_PER_YEAR, (month + 1) % MONTHS_PER_YEAR + 1, 1)


def matches(line: str, version: str) -> bool | None:
    """Return whether a version is of a line; None where one of the two cannot be interpreted."""
    from packaging.specifiers import SpecifierSet
    from packaging.version import Version

    text = line.strip()
    if text == "*":
        return True
    if not text:
        return None
    family = _LINE.fullmatch(text)
    try:
        found = SpecifierSet(f"=={family[1]}.*" if family else text)
        return found.contains(Version(version), prereleases=True)
    except ValueError:  # of a specifier, of a version, or of a number with too many digits
        return None


def is_line(line: str) -> bool:
    """Return whether releases can be compared with a version line."""
    return matches(line, "0") is not None


def retained_until(config: Config, release: RetainedOn) -> date:
    """Return the last day on which a release must be kept.

    `[retention].days` after it was retained. Where the maintainers state that they are a manufacturer, not before ten years and
    not before its support period is over, whichever is latest; an entry that cannot be interpreted could be that release's.
    """
    ends = [release.day + timedelta(days=config.retention.days)]
    if config.compliance.cra_role is CraRole.MANUFACTURER:
        ends.append(later(release.day, months=MANUFACTURER_YEARS * MONTHS_PER_YEAR))
        possible = (entry for entry in config.support.versions if matches(entry.versions, release.version) is None)
        ends += filter(None, (_end(entry, release) for entry in (*possible, *_entries(config, release))))
    return max(ends)


def support_end(config: Config, release: RetainedOn) -> date | None:
    """Return the last day of a release's support period; None where none is stated."""
    return next((_end(entry, release) for entry in _entries(config, release)), None)


def support_statuses(
    config: Config, releases: Iterable[RetainedOn], today: date, *, within_days: int
) -> tuple[SupportStatus, ...]:
    """Return the support periods of retained releases, those of one line with the same period together.

    Args:
        config: The project's configuration.
        releases: Retained ones, oldest first.
        today: In UTC.
        within_days: How far ahead an end counts as soon.
    Returns:
        In the order of the first release of each. A short period comes in addition to its end.
    """
    grouped: dict[tuple[SupportState, str, date | None, date | None], list[str]] = {}
    for release in releases:
        for key in _states(config, release, today, within_days):
            grouped.setdefault(key, []).append(release.version)
    return tuple(
        SupportStatus(state, line, tuple(dict.fromkeys(versions)), begins, ends)
        for (state, line, begins, ends), versions in grouped.items()
    )


def _states(
    config: Config, release: RetainedOn, today: date, within_days: int
) -> Iterator[tuple[SupportState, str, date | None, date | None]]:
    manufacturer = config.compliance.cra_role is CraRole.MANUFACTURER
    entry = next((entry for entry in config.support.versions if _may_count(entry, release)), None)
    if entry is not None and not matches(entry.versions, release.version):
        yield SupportState.NOT_EXAMINED, entry.versions, None, None
        return
    ends = _end(entry, release) if entry else None
    if entry is None or ends is None:
        if manufacturer:
            yield SupportState.UNSTATED, entry.versions if entry else "", None, None
        return
    begins = entry.begins or release.day
    state = SupportState.ENDS_SOON if ends <= today + timedelta(days=within_days) else SupportState.LISTED
    yield SupportState.ENDED if ends < today else state, entry.versions, begins, ends
    # Both days count: from the first of January until the last of December is a year.
    short = ends + timedelta(days=1) < later(begins, months=SUPPORT_YEARS * MONTHS_PER_YEAR)
    if short and manufacturer and not entry.reason.strip():
        yield SupportState.SHORT, entry.versions, begins, ends


def _may_count(entry: SupportedVersions, release: RetainedOn) -> bool:
    """Return whether an entry is about a release, or has a period and could be."""
    found = matches(entry.versions, release.version)
    return bool(found) or (found is None and bool(entry.since or entry.until or entry.months))


def _entries(config: Config, release: RetainedOn) -> Iterator[SupportedVersions]:
    return (entry for entry in config.support.versions if matches(entry.versions, release.version))


def _end(entry: SupportedVersions, release: RetainedOn) -> date | None:
    if entry.months is None:
        return entry.ends
    return later(entry.begins or release.day, months=entry.months)
