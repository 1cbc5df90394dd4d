"""The response clock around weekends, holidays, zones and changes to summer time."""

from __future__ import annotations

import tomllib
from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ops.supply_chain.contracts.config.response import ClockStart, ResponseConfig, Weekday
from ops.supply_chain.contracts.values.finding import Severity
from ops.supply_chain.core.errors import UsageError
from ops.supply_chain.risk.advisories.response import Deadline, ResponseClock

# November 2026: the 16th is a Monday, the 20th a Friday.


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def ask(
    published: str, now: str, *, config: ResponseConfig | None = None, severity: Severity = Severity.CRITICAL
) -> Deadline:
    clock = ResponseClock(config or ResponseConfig(), now=moment(now))
    found = clock.deadline(severity, published=moment(published), first_seen=None)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("published", "now", "due", "text"),
    [
        ("2026-11-16T09:00", "2026-11-16T10:00", "2026-11-19", "due in 3 business days (2026-11-19)"),
        ("2026-11-16T09:00", "2026-11-18T10:00", "2026-11-19", "due in 1 business day (2026-11-19)"),
        ("2026-11-16T09:00", "2026-11-19T23:59", "2026-11-19", "due today (2026-11-19)"),
        ("2026-11-16T09:00", "2026-11-20T00:00", "2026-11-19", "overdue by 1 business day (was due 2026-11-19)"),
        ("2026-11-20T09:00", "2026-11-20T10:00", "2026-11-25", "due in 3 business days (2026-11-25)"),
        ("2026-11-21T09:00", "2026-11-22T10:00", "2026-11-25", "due in 3 business days (2026-11-25)"),
        ("2026-11-17T09:00", "2026-11-21T10:00", "2026-11-20", "overdue since 2026-11-20"),
        ("2026-11-17T09:00", "2026-11-23T10:00", "2026-11-20", "overdue by 1 business day (was due 2026-11-20)"),
        ("2026-11-16T09:00", "2026-11-27T10:00", "2026-11-19", "overdue by 6 business days (was due 2026-11-19)"),
    ],
)
def test_three_business_days(published: str, now: str, due: str, text: str) -> None:
    found = ask(published, now)
    assert (str(found.due), found.text) == (due, text)


def test_ten_business_days_are_two_weeks() -> None:
    assert ask("2026-11-16T09:00", "2026-11-16T10:00", severity=Severity.HIGH).due == date(2026, 11, 30)


def test_unknown_counts_as_high() -> None:
    high = ask("2026-11-16T09:00", "2026-11-16T10:00", severity=Severity.HIGH)
    assert ask("2026-11-16T09:00", "2026-11-16T10:00", severity=Severity.UNKNOWN) == high


@pytest.mark.parametrize("severity", [Severity.MEDIUM, Severity.LOW, Severity.INFO])
def test_what_has_no_days_has_no_deadline(severity: Severity) -> None:
    clock = ResponseClock(ResponseConfig(), now=moment("2026-11-16T10:00"))
    assert clock.deadline(severity, published=None, first_seen=None) is None


def test_medium_and_low_can_have_days() -> None:
    config = ResponseConfig(medium_days=20, low_days=0)
    assert ask("2026-11-16T09:00", "2026-11-16T10:00", config=config, severity=Severity.MEDIUM).due == date(
        2026, 12, 14
    )
    assert ask("2026-11-16T09:00", "2026-11-16T10:00", config=config, severity=Severity.LOW).due == date(2026, 11, 16)
    assert ask("2026-11-21T09:00", "2026-11-21T10:00", config=config, severity=Severity.LOW).due == date(2026, 11, 23)


def test_holidays_do_not_count() -> None:
    config = ResponseConfig(holidays=(date(2026, 11, 17), date(2026, 11, 19), date(2026, 11, 21)))
    found = ask("2026-11-16T09:00", "2026-11-17T10:00", config=config)
    assert (found.due, found.days) == (date(2026, 11, 23), 3)


def test_another_weekend() -> None:
    config = ResponseConfig(weekend=(Weekday.FRIDAY, Weekday.SATURDAY))
    assert ask("2026-11-18T09:00", "2026-11-18T10:00", config=config).due == date(2026, 11, 23)


@pytest.mark.parametrize(
    ("zone", "due"),
    [("UTC", "2026-11-19"), ("Pacific/Auckland", "2026-11-20"), ("America/Los_Angeles", "2026-11-19")],
)
def test_days_are_those_of_the_zone(zone: str, due: str) -> None:
    # 18:00 UTC on Monday is already Tuesday in Auckland.
    assert str(ask("2026-11-16T18:00", "2026-11-16T19:00", config=ResponseConfig(zone=zone)).due) == due


def test_the_due_day_ends_at_midnight_of_the_zone() -> None:
    berlin = ResponseConfig(zone="Europe/Berlin")
    assert ask("2026-11-16T09:00", "2026-11-16T10:00", config=berlin).ends == moment("2026-11-19T23:00")
    before, after = "2026-11-19T22:59:59", "2026-11-19T23:00:00"
    assert [ask("2026-11-16T09:00", now, config=berlin).overdue for now in (before, after)] == [False, True]


@pytest.mark.parametrize(
    ("zone", "published", "due", "ends"),
    [
        # Summer time begins on Sunday 2026-03-29 in Berlin and ends on Sunday 2026-10-25.
        ("Europe/Berlin", "2026-03-26T09:00", "2026-03-31", "2026-03-31T22:00"),
        ("Europe/Berlin", "2026-10-22T09:00", "2026-10-27", "2026-10-27T23:00"),
        # In Cairo it begins at midnight: Friday 2026-04-24 has no 00:00.
        ("Africa/Cairo", "2026-04-20T09:00", "2026-04-23", "2026-04-23T22:00"),
    ],
)
def test_changes_to_and_from_summer_time(zone: str, published: str, due: str, ends: str) -> None:
    found = ask(published, published, config=ResponseConfig(zone=zone))
    assert (str(found.due), found.ends) == (due, moment(ends))


def test_confirmation_starts_the_clock_where_configured() -> None:
    clock = ResponseClock(ResponseConfig(starts=ClockStart.CONFIRMATION), now=moment("2026-11-20T10:00"))
    found = clock.deadline(
        Severity.CRITICAL, published=moment("2020-01-01T00:00"), first_seen=moment("2026-11-18T00:00")
    )
    assert found is not None
    assert (found.started, found.due, found.basis) == (date(2026, 11, 18), date(2026, 11, 23), ClockStart.CONFIRMATION)


@pytest.mark.parametrize("published", [None, moment("2027-07-09T15:45"), 10**18])
def test_without_a_usable_disclosure_the_first_sight_counts(published: datetime | int | None) -> None:
    clock = ResponseClock(ResponseConfig(), now=moment("2026-11-20T10:00"))
    found = clock.deadline(Severity.CRITICAL, published=published, first_seen=moment("2026-11-16T00:00"))
    assert found is not None
    assert (found.started, found.basis) == (date(2026, 11, 16), ClockStart.CONFIRMATION)


def test_a_first_sight_that_lies_ahead_buys_no_time() -> None:
    clock = ResponseClock(ResponseConfig(), now=moment("2026-11-16T10:00"))
    found = clock.deadline(Severity.CRITICAL, published=None, first_seen=moment("2030-01-01T00:00"))
    assert found is not None
    assert found.started == date(2026, 11, 16)


def test_seconds_and_moments_are_the_same() -> None:
    clock = ResponseClock(ResponseConfig(), now=moment("2026-11-16T10:00"))
    told = moment("2026-11-13T10:00")
    one = clock.deadline(Severity.HIGH, published=told, first_seen=None)
    assert one == clock.deadline(Severity.HIGH, published=int(told.timestamp()), first_seen=None)


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../../etc/passwd", "Europe"])
def test_an_unknown_zone_is_an_error_that_says_so(zone: str) -> None:
    with pytest.raises(UsageError) as caught:
        ResponseClock(ResponseConfig(zone=zone), now=moment("2026-11-16T10:00"))
    assert caught.value.message == f"[response].zone: {zone!r} is not a known time zone"
    assert caught.value.hint == "Use an IANA name such as Europe/Berlin; install tzdata if the system has none."


def test_the_configuration_as_it_is_written() -> None:
    text = """
        critical_days = 1
        medium_days = 30
        starts = "confirmation"
        zone = "Europe/Berlin"
        holidays = [2026-12-25, 2027-01-01]
        weekend = ["sunday"]
    """
    assert msgspec.convert(tomllib.loads(text), ResponseConfig) == ResponseConfig(
        critical_days=1,
        medium_days=30,
        starts=ClockStart.CONFIRMATION,
        zone="Europe/Berlin",
        holidays=(date(2026, 12, 25), date(2027, 1, 1)),
        weekend=(Weekday.SUNDAY,),
    )


@pytest.mark.parametrize("text", ["critical_days = -1", "weekend = ['someday']", "start = 'x'", "holidays = ['x']"])
def test_a_wrong_configuration_is_refused(text: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(tomllib.loads(text), ResponseConfig)


def test_a_week_without_business_days_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"weekend": [day.value for day in Weekday]}, ResponseConfig)


@settings(derandomize=True, max_examples=150, deadline=None)
@given(st.integers(0, 700), st.integers(0, 60), st.sets(st.integers(0, 60), max_size=20), st.integers(0, 90))
def test_business_days_by_counting_one_by_one(start: int, count: int, holidays: set[int], later: int) -> None:
    first = date(2026, 1, 1) + timedelta(days=start)
    config = ResponseConfig(
        critical_days=count, holidays=tuple(first + timedelta(days=day) for day in sorted(holidays))
    )
    now = datetime.combine(first + timedelta(days=later), datetime.min.time(), UTC)
    found = ResponseClock(config, now=now).deadline(
        Severity.CRITICAL, published=datetime.combine(first, datetime.min.time(), UTC), first_seen=None
    )
    assert found is not None
    business = [
        day
        for day in (first + timedelta(days=offset) for offset in range(400))
        if day.weekday() < 5 and day not in config.holidays
    ]
    assert found.due == ([day for day in business if day > first][count - 1] if count else business[0])
    low, high = sorted((found.due, now.date()))
    assert found.days == sum(low < day <= high for day in business)
    assert found.overdue is (now.date() > found.due)
