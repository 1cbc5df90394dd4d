"""`[support]`: which versions are supported, and for how long."""

from __future__ import annotations

import re
from datetime import date
from enum import StrEnum
from typing import Annotated

import msgspec

from ops.supply_chain.contracts.base import Contract

Months = Annotated[int, msgspec.Meta(ge=1, le=1200)]


class SupportPolicy(StrEnum):
    """Which releases get security fixes."""

    NEWEST = "newest"
    LISTED = "listed"
    UNSTATED = "unstated"


class SupportedVersions(Contract, frozen=True, kw_only=True):
    """One entry of `[[support.versions]]`: a version line, and its support period.

    `versions` is a line (`1.x`, `1.4`), a PEP 440 specifier (`>=1,<2`) or `*`; other text is shown, and matches no
    release. Of several entries that match a release, the first counts. `from` and `until` are the first and the last day of
    the period, as ISO dates in UTC; `until` empty for no stated end. `months` is its length, in place of `until`; without `from` it
    begins on the day on which the release was retained. `reason` states why the period is shorter than five years.
    """

    versions: str
    supported: bool = True
    since: str = msgspec.field(default="", name="from")  # `from` is a word of Python
    until: str = ""
    months: Months | None = None
    reason: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        """Check the period.

        Raises:
            ValueError: It is none; msgspec makes it an error with its place in the file.
        """
        since, until = _day(self.since, "from"), _day(self.until, "until")
        if until and self.months is not None:
            raise ValueError("expected `until` or `months`, found both")
        if since and until and until < since:
            raise ValueError(f"`until` {until} is before `from` {since}")
        if since and self.months is not None and since.year + self.months // 12 + 1 > date.max.year:
            raise ValueError(f"`months` {self.months}: no date is that late")

    @property
    def begins(self) -> date | None:
        """The first day; None where it is not stated."""
        return date.fromisoformat(self.since) if self.since else None

    @property
    def ends(self) -> date | None:
        """The stated last day; None where there is none."""
        return date.fromisoformat(self.until) if self.until else None


class SupportConfig(Contract, frozen=True, kw_only=True):
    """`[support]`: which versions get security fixes.

    `policy` states which do. `versions` are the version lines, shown where the policy is `listed` or an entry has `from`,
    `months` or `reason`; their periods count for every policy.
    """

    policy: SupportPolicy = SupportPolicy.UNSTATED
    versions: tuple[SupportedVersions, ...] = ()
    text: str = ""


def _day(text: str, key: str) -> date | None:
    if not text:
        return None
    problem = f"`{key}`: expected an ISO date as 2031-12-31, found {text[:40]!r}"
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        raise ValueError(problem)
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ValueError(problem) from error
