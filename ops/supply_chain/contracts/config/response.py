"""`[response]`: within how many business days a finding must be resolved, and which days count.

No standard defines business days: calendar, zone and holidays are the project's own.
"""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Annotated

import msgspec

from ops.supply_chain.contracts.base import Contract

CRITICAL_DAYS = 3
HIGH_DAYS = 10

BusinessDays = Annotated[int, msgspec.Meta(ge=0, le=10_000)]


class ClockStart(StrEnum):
    """What starts the clock: publication, or the first scan that reports the finding."""

    DISCLOSURE = "disclosure"
    CONFIRMATION = "confirmation"


class WithoutDays(StrEnum):
    """What the maintainers state for a severity without a number of days."""

    NO_TARGET = "no-target"
    NEXT_RELEASE = "next-release"


class Weekday(StrEnum):
    """Days of the week, Monday first."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


class ResponseConfig(Contract, frozen=True, kw_only=True):
    """`[response]`: the response clock.

    `critical_days`, `high_days`, `medium_days` and `low_days` are business days; a level that is not set
    has no deadline; `without_days` is what SECURITY.md states for it: no target, or the next regular release.
    An unknown severity counts as high, malware as critical. `starts` selects what starts the clock. `zone` is an
    IANA time zone, `holidays` are dates in it, `weekend` has at most six days. `exploited_days` are business days for a
    vulnerability that KEV lists, of whatever severity, from the day of the listing; the earlier due date counts. Without it
    such a vulnerability has the due date of its severity.
    """

    critical_days: BusinessDays = CRITICAL_DAYS
    high_days: BusinessDays = HIGH_DAYS
    medium_days: BusinessDays | None = None
    low_days: BusinessDays | None = None
    exploited_days: BusinessDays | None = None
    without_days: WithoutDays = WithoutDays.NO_TARGET
    starts: ClockStart = ClockStart.DISCLOSURE
    zone: str = "UTC"
    holidays: tuple[dt.date, ...] = ()
    weekend: Annotated[tuple[Weekday, ...], msgspec.Meta(max_length=6)] = (Weekday.SATURDAY, Weekday.SUNDAY)
