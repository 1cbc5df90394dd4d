"""The header Retry-After: seconds, a date by the answer's own clock, and nothing that cannot be read."""

from __future__ import annotations

import pytest

from ops.supply_chain.formats.retry_after import retry_after_seconds

DATE = "Sun, 29 Nov 2026 12:00:00 GMT"
CASES = {
    "seconds": ({"retry-after": "7"}, 7.0),
    "none": ({}, None),
    "no time": ({"retry-after": "soon", "date": DATE}, None),
    "negative": ({"retry-after": "-7", "date": DATE}, None),
    "digits of another script": ({"retry-after": "\u0667", "date": DATE}, None),
    "more than fits": ({"retry-after": "9" * 400}, 999_999_999.0),
    "a date": ({"retry-after": "Sun, 29 Nov 2026 12:00:30 GMT", "date": DATE}, 30.0),
    "a date that is over": ({"retry-after": "Sun, 29 Nov 2026 11:00:00 GMT", "date": DATE}, 0.0),
    "a date without a clock": ({"retry-after": DATE}, None),
    "a date with a broken clock": ({"retry-after": DATE, "date": "today"}, None),
}


@pytest.mark.parametrize("case", CASES)
def test_the_time_that_it_asks_for(case: str) -> None:
    headers, seconds = CASES[case]
    assert retry_after_seconds(headers) == seconds
