"""The response clock: due dates of findings, counted in business days.

The rules, each with a test:

- Days are days of the configured zone; a business day is neither in the weekend nor a holiday.
- The day on which the clock starts does not count; the due day is the n-th business day after it, and
  all of it belongs to the period ("due" includes the due day).
- If disclosure starts the clock, it is the earliest publication; a finding without one, or with one
  in the future, starts when it was first seen. If confirmation starts it, it is the day it was first seen.
- A vulnerability that is known to be exploited has the earlier of two due dates where `exploited_days` is set: that of its
  severity, and that many business days after the day of the listing, or, if confirmation starts the clock, after the first
  sighting if that is later.
- "due in N days" counts the business days after today up to the due day; 0 is today. "overdue by N"
  counts the business days after the due day up to today; it is 0 on a weekend right after it.

Source: Regulation (EEC, Euratom) 1182/71, https://eur-lex.europa.eu/eli/reg/1971/1182/oj, article 3, for days that
do not count; the other rules are described in docs/configuration.md.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import msgspec

from ops.supply_chain.contracts.config.response import ClockStart, ResponseConfig, Weekday
from ops.supply_chain.contracts.values.finding import Severity
from ops.supply_chain.core.errors import ErrorClass, UsageError
from ops.supply_chain.core.text import plural

_WEEKDAYS = tuple(Weekday)


class Deadline(msgspec.Struct, frozen=True, kw_only=True):
    """The deadline of a finding.

    `started` and `due` are dates in the zone, `ends` is the start of the day after the due date, in UTC. `days` is the
    number of business days left, or past if `overdue`. `basis` is what started the clock.
    """

    started: date
    due: date
    ends: datetime
    days: int
    overdue: bool
    basis: ClockStart

    @property
    def text(self) -> str:
        """The deadline in words, for example `due in 2 business days (2026-03-04)`."""
        if self.overdue and not self.days:
            return f"overdue since {self.due}"
        was = "was due " if self.overdue else ""
        return f"{_in_days(self.days, overdue=self.overdue)} ({was}{self.due})"


class ResponseClock:
    """The response clock of one run.

    Args:
        config: `[response]`.
        now: The time of the run, with a time zone.
    Raises:
        UsageError: The zone is unknown, or too many days are holidays for a deadline to exist.
    """

    def __init__(self, config: ResponseConfig, *, now: datetime) -> None:
        self._config = config
        self._now = now
        self._zone = _zone(config.zone)
        self._today = now.astimezone(self._zone).date()
        self._calendar = _Calendar(config)
        self._due = lru_cache(maxsize=None)(self._calendar.after)
        self._between = lru_cache(maxsize=None)(self._calendar.between)

    @property
    def today(self) -> date:
        """The day of the run in the zone of the policy."""
        return self._today

    def deadline(
        self,
        severity: Severity,
        *,
        published: int | datetime | None,
        first_seen: datetime | None,
        exploited: date | None = None,
    ) -> Deadline | None:
        """Return the deadline of one finding.

        Args:
            severity: The severity it counts as; UNKNOWN counts as high.
            published: Time of disclosure: Unix seconds or a time with a zone, None if unknown.
            first_seen: Time of the first sighting; None means now.
            exploited: The day since which it is known to be exploited; None if it is not.
        Returns:
            None if the policy sets no deadline for it.
        """
        start, basis = self._start(_aware(published), first_seen)
        started = start.astimezone(self._zone).date()
        clocks = []
        allowed = self._allowed(severity)
        if allowed is not None:
            clocks.append((self._due(started, allowed), started))
        if exploited is not None and self._config.exploited_days is not None:
            known = self._known(exploited, first_seen)
            clocks.append((self._due(known, self._config.exploited_days), known))
        if not clocks:
            return None
        due, started = min(clocks)
        days, overdue = self._left(due)
        return Deadline(
            started=started,
            due=due,
            ends=datetime.combine(due + timedelta(days=1), time(), self._zone).astimezone(UTC),
            days=days,
            overdue=overdue,
            basis=basis,
        )

    def _known(self, exploited: date, first_seen: datetime | None) -> date:
        """Return the day on which the clock of an exploited vulnerability starts, at the latest today."""
        seen = min(first_seen or self._now, self._now).astimezone(self._zone).date()
        later = max(exploited, seen) if self._config.starts is ClockStart.CONFIRMATION else exploited
        return min(later, self._today)

    def left(self, due: date) -> str:
        """Return how far a due date is from today, in the words and with the number of `Deadline.text`, without the date."""
        days, overdue = self._left(due)
        return _in_days(days, overdue=overdue)

    def _left(self, due: date) -> tuple[int, bool]:
        """Return the business days between today and a due date, and whether it has passed."""
        overdue = self._today > due
        first, last = (due, self._today) if overdue else (self._today, due)
        return self._between(first, last), overdue

    def _allowed(self, severity: Severity) -> int | None:
        return {
            Severity.CRITICAL: self._config.critical_days,
            Severity.HIGH: self._config.high_days,
            Severity.UNKNOWN: self._config.high_days,
            Severity.MEDIUM: self._config.medium_days,
            Severity.LOW: self._config.low_days,
        }.get(severity)

    def _start(self, published: datetime | None, first_seen: datetime | None) -> tuple[datetime, ClockStart]:
        # Neither start may be in the future: a wrong date in a feed or ledger would extend the deadline.
        seen = min(first_seen or self._now, self._now)
        if self._config.starts is ClockStart.CONFIRMATION or published is None or published > self._now:
            return seen, ClockStart.CONFIRMATION
        return published, ClockStart.DISCLOSURE


class _Calendar:
    def __init__(self, config: ResponseConfig) -> None:
        self._weekend = {_WEEKDAYS.index(day) for day in config.weekend}
        self._holidays = set(config.holidays)

    def is_business(self, day: date) -> bool:
        return day.weekday() not in self._weekend and day not in self._holidays

    def after(self, start: date, count: int) -> date:
        """Return the n-th business day after a day; for none, the day itself or the next business day."""
        day = start
        try:
            while count > 0 or not self.is_business(day):
                day += timedelta(days=1)
                if count > 0 and self.is_business(day):
                    count -= 1
        except OverflowError as error:
            raise UsageError(
                "[response]: the calendar leaves no business day",
                hint="Shorten weekend and holidays.",
                kind=ErrorClass.CONFIGURATION,
            ) from error
        return day

    def between(self, after: date, until: date) -> int:
        """Count the business days after one day up to and with another."""
        days = (until - after).days
        return sum(self.is_business(after + timedelta(days=offset)) for offset in range(1, days + 1))


def _in_days(days: int, *, overdue: bool) -> str:
    if not days:
        return "overdue" if overdue else "due today"
    return f"{'overdue by' if overdue else 'due in'} {plural(days, 'business day')}"


def _aware(moment: int | datetime | None) -> datetime | None:
    if isinstance(moment, int):
        try:
            return datetime.fromtimestamp(moment, UTC)
        except (ValueError, OverflowError, OSError):
            return None
    return moment


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError) as error:
        raise UsageError(
            f"[response].zone: {name!r} is not a known time zone",
            hint="Use an IANA name such as Europe/Berlin; install tzdata if the system has none.",
            kind=ErrorClass.CONFIGURATION,
        ) from error
