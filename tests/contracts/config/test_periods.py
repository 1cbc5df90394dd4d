"""Support periods and retention: which line a release is of, when a period ends, and that nothing is kept for less."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ops.supply_chain.contracts.config.file import Config, parse_config
from ops.supply_chain.contracts.config.periods import (
    RetainedOn,
    SupportState,
    later,
    matches,
    retained_until,
    support_end,
    support_statuses,
)
from ops.supply_chain.core.errors import UsageError

DAY = date(2026, 11, 29)
MANUFACTURER = '[compliance]\ncra_role = "manufacturer"\n'


def config(*entries: str, role: str = "") -> Config:
    lines = "".join(f"[[support.versions]]\n{entry}\n" for entry in entries)
    return parse_config((f'[compliance]\ncra_role = "{role}"\n' if role else "") + lines)


LINES: dict[str, tuple[str, str, bool | None]] = {
    "a line": ("1.x", "1.4.2", True),
    "another line": ("1.x", "2.0", False),
    "a deeper line": ("1.4.x", "1.40.0", False),
    "a bare line": ("1.4", "1.4.9", True),
    "a bare line is no prefix of digits": ("1", "10.0", False),
    "a star": ("1.*", "1.0rc1", True),
    "with a v": ("v2.X", "2.0.1", True),
    "a specifier": (">=1,<2", "1.9", True),
    "a specifier, of a pre-release": (">=1", "2.0a1", True),
    "everything": (" * ", "anything", True),
    "nothing": ("", "1.0", None),
    "prose": ("the newest 1.x", "1.0", None),
    "two lines": ("1.x, 2.x", "1.0", None),
    "no PEP 440 version": ("1.x", "release-7", None),
    "many digits": ("1" * 5000, "1.0", None),
    "a version of many digits": ("1.x", "1" * 5000, None),
    "other digits": ("\u0661.x", "1.0", None),
    "markup": ("<b>1</b>", "1.0", None),
}


@pytest.mark.parametrize("name", LINES)
def test_a_release_is_of_a_line_or_not_or_it_cannot_be_known(name: str) -> None:
    line, version, expected = LINES[name]
    assert matches(line, version) is expected


WRONG = {
    "a date in prose": ('until = "end of 2031"', "`until`: expected an ISO date as 2031-12-31, found 'end of 2031'"),
    "no such day": ('until = "2031-02-30"', "`until`: expected an ISO date as 2031-12-31, found '2031-02-30'"),
    "a time": ("from = 2026-01-01T00:00:00Z", "`from`: expected an ISO date as 2031-12-31, found '2026-01-01T00:00:00"),
    "other digits": ('from = "\u0662026-01-01"', "`from`: expected an ISO date"),
    "a line end": ('until = "2031-12-31\\n"', "`until`: expected an ISO date"),
    "two ends": ("until = 2031-12-31\nmonths = 60", "expected `until` or `months`, found both"),
    "backwards": ("from = 2026-02-01\nuntil = 2026-01-31", "`until` 2026-01-31 is before `from` 2026-02-01"),
    "no length": ("months = 0", "Expected `int` >= 1 - at `$.support.versions[0].months`"),
    "too long": ("months = 1201", "Expected `int` <= 1200 - at `$.support.versions[0].months`"),
    "beyond dates": ("from = 9999-01-01\nmonths = 12", "`months` 12: no date is that late"),
    "half a month": ("months = 1.5", "Expected `int | null`, got `float` - at `$.support.versions[0].months`"),
    "a key that is near": ("month = 60", "unknown key 'support.versions[0].month'"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_period_that_is_none_is_refused_with_its_place(name: str) -> None:
    entry, message = WRONG[name]
    with pytest.raises(UsageError) as caught:
        parse_config(f'[[support.versions]]\nversions = "1.x"\n{entry}\n', where="c")
    assert message in caught.value.message
    if "unknown" in message:
        assert caught.value.hint == "The nearest known key is 'support.versions[0].months'."
    else:
        assert "support.versions[0]" in caught.value.message


def test_months_end_on_the_same_day_or_on_the_next_there_is() -> None:
    assert later(date(2026, 1, 31), months=1) == date(2026, 3, 1)
    assert later(date(2026, 12, 31), months=2) == date(2027, 3, 1)
    assert later(date(2028, 2, 29), months=120) == date(2038, 3, 1)
    assert later(date(2026, 11, 30), months=1) == date(2026, 12, 30)
    assert later(date(2025, 12, 31), months=11) == date(2026, 12, 1)


RETENTION: dict[str, tuple[Config, date]] = {
    "no role": (parse_config(""), DAY + timedelta(days=365)),
    "a steward": (config('versions = "*"\nmonths = 240', role="steward"), DAY + timedelta(days=365)),
    "out of scope": (config(role="out-of-scope"), DAY + timedelta(days=365)),
    "a manufacturer": (config(role="manufacturer"), date(2036, 11, 29)),
    "with shorter days": (parse_config(MANUFACTURER + "[retention]\ndays = 30\n"), date(2036, 11, 29)),
    "with longer days": (parse_config(MANUFACTURER + "[retention]\ndays = 36500\n"), DAY + timedelta(days=36500)),
    "a longer support period": (config('versions = "1.x"\nuntil = 2040-06-30', role="manufacturer"), date(2040, 6, 30)),
    "a length": (config('versions = "1.x"\nmonths = 180', role="manufacturer"), date(2041, 11, 29)),
    "a shorter one": (config('versions = "1.x"\nuntil = 2030-06-30', role="manufacturer"), date(2036, 11, 29)),
    "one of another line": (config('versions = "2.x"\nuntil = 2040-06-30', role="manufacturer"), date(2036, 11, 29)),
    "one that cannot be interpreted": (
        config('versions = "the ones"\nuntil = 2040-06-30', role="manufacturer"),
        date(2040, 6, 30),
    ),
}


@pytest.mark.parametrize("name", RETENTION)
def test_a_release_is_kept_for_what_applies(name: str) -> None:
    given_config, expected = RETENTION[name]
    assert retained_until(given_config, RetainedOn("1.0", DAY)) == expected


def states(given_config: Config, *releases: RetainedOn, today: date = DAY) -> list[tuple[str, str, str]]:
    found = support_statuses(given_config, releases or [RetainedOn("1.0", DAY)], today, within_days=92)
    return [(status.state.value, status.versions, status.sentence) for status in found]


STATES: dict[str, tuple[Config, list[str]]] = {
    "nothing stated": (parse_config(""), []),
    "nothing stated by a manufacturer": (config(role="manufacturer"), ["unstated"]),
    "no end stated by a manufacturer": (config('versions = "1.x"', role="manufacturer"), ["unstated"]),
    "far": (config('versions = "1.x"\nuntil = 2027-03-02'), ["listed"]),
    "soon": (config('versions = "1.x"\nuntil = 2027-03-01'), ["ends-soon"]),
    "today": (config('versions = "1.x"\nuntil = 2026-11-29'), ["ends-soon"]),
    "ended": (config('versions = "1.x"\nuntil = 2026-11-28'), ["ended"]),
    "five years": (config('versions = "1.x"\nmonths = 60', role="manufacturer"), ["listed"]),
    "five years by dates": (
        config('versions = "1.x"\nfrom = 2026-01-01\nuntil = 2030-12-31', role="manufacturer"),
        ["listed"],
    ),
    "a day less": (
        config('versions = "1.x"\nfrom = 2026-01-01\nuntil = 2030-12-30', role="manufacturer"),
        ["listed", "short"],
    ),
    "short, of a steward": (config('versions = "1.x"\nmonths = 12', role="steward"), ["listed"]),
    "short, with a reason": (config('versions = "1.x"\nmonths = 12\nreason = "r"', role="manufacturer"), ["listed"]),
    "short, with an empty reason": (
        config('versions = "1.x"\nmonths = 12\nreason = " "', role="manufacturer"),
        ["listed", "short"],
    ),
    "of another line": (config('versions = "2.x"\nuntil = 2026-01-01'), []),
    "the first entry counts": (
        config('versions = "1.x"\nuntil = 2030-01-01', 'versions = "*"\nuntil = 2026-01-01'),
        ["listed"],
    ),
    "a line that cannot be interpreted": (config('versions = "old ones"\nuntil = 2026-01-01'), ["not-examined"]),
    "prose without a period": (config('versions = "old ones"\nnote = "n"'), []),
}


@pytest.mark.parametrize("name", STATES)
def test_what_there_is_to_report_of_a_support_period(name: str) -> None:
    given_config, expected = STATES[name]
    assert [state for state, _, _ in states(given_config)] == expected


def test_releases_of_one_line_are_reported_together() -> None:
    releases = [RetainedOn(f"1.{number}", DAY) for number in range(7)]
    given_config = config('versions = "1.x"\nuntil = 2026-11-01')
    assert states(given_config, *releases) == [
        ("ended", "1.0, 1.1, 1.2, 1.3, 1.4 and 2 more", "the support period ended on 2026-11-01")
    ]
    each = config('versions = "1.x"\nmonths = 1')
    assert len(states(each, RetainedOn("1.0", DAY), RetainedOn("1.1", DAY + timedelta(days=9)))) == 2


def test_each_state_that_is_reported_has_a_next_step() -> None:
    for given_config, _ in STATES.values():
        for status in support_statuses(given_config, [RetainedOn("1.0", DAY)], DAY, within_days=92):
            assert bool(status.next_step) == (status.state is not SupportState.LISTED)


@settings(max_examples=150, deadline=None)
@given(
    day=st.dates(min_value=date(2026, 1, 1), max_value=date(2200, 1, 1)),
    days=st.integers(0, 36500),
    months=st.integers(1, 1200),
    line=st.sampled_from(["1.x", "*", ">=1", "nothing that matches", "2.x", "1.0"]),
)
def test_a_manufacturer_keeps_a_release_for_each_of_its_periods(day: date, days: int, months: int, line: str) -> None:
    given_config = parse_config(
        f'{MANUFACTURER}[retention]\ndays = {days}\n[[support.versions]]\nversions = "{line}"\nmonths = {months}\n'
    )
    release = RetainedOn("1.0", day)
    last = retained_until(given_config, release)
    assert last >= day + timedelta(days=days)
    assert (last.year - day.year, last.month, last.day) >= (10, day.month, day.day) or last.year - day.year > 10
    ends = support_end(given_config, release)
    assert ends is None or last >= ends
