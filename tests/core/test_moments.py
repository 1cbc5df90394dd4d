"""Moments are written in UTC and read with any offset, never without one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from ops.supply_chain.core.errors import InputError
from ops.supply_chain.core.moments import parse_timestamp, timestamp, timestamp_of_epoch


def test_a_moment_is_written_in_utc() -> None:
    assert timestamp(datetime(2026, 11, 20, 1, 2, 3, tzinfo=timezone(timedelta(hours=2)))) == "2026-11-19T23:02:03Z"
    assert timestamp_of_epoch(0) == "1970-01-01T00:00:00Z"


def test_a_moment_reads_back() -> None:
    assert parse_timestamp("2026-11-20T01:02:03+02:00", where="x") == datetime(2026, 11, 19, 23, 2, 3, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01T00:00:00Z", "2026-11-20T00:00:00"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"^x: "):
        parse_timestamp(text, where="x")
