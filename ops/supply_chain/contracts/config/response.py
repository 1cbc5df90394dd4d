"""`[response]`: within how many business days a finding has to be dealt with, and whose days those are.

Source: issue "The gate and the daily scan"; facts/standards.md section 10 (no standard defines business
days: calendar, zone and holidays are the policy's own).
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
    """What starts the clock: that the world knows, or that we do."""

    DISCLOSURE = "disclosure"
    CONFIRMATION = "confirmation"


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
    has no deadline. What has no severity counts as high, malware as critical. `starts` says what starts
    the clock. `zone` is an IANA time zone, `holidays` are days in it, `weekend` at most six days.
    """

    critical_days: BusinessDays = CRITICAL_DAYS
    high_days: BusinessDays = HIGH_DAYS
    medium_days: BusinessDays | None = None
    low_days: BusinessDays | None = None
    starts: ClockStart = ClockStart.DISCLOSURE
    zone: str = "UTC"
    holidays: tuple[dt.date, ...] = ()
    weekend: Annotated[tuple[Weekday, ...], msgspec.Meta(max_length=6)] = (Weekday.SATURDAY, Weekday.SUNDAY)
