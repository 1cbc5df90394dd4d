from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ops.supply_chain.contracts.values.compile_request import Bypass, LockHeader
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.dependencies.compile.header import merge_bypasses, next_timestamp, refuse_future
from ops.supply_chain.dependencies.compile.options import youngest_allowed

NOW = datetime(2026, 11, 20, 9, 0, 0, tzinfo=UTC)


def bypass(name: str, moment: str, reason: str = "why") -> Bypass:
    return Bypass(name=name, version="", exclude_newer=moment, reason=reason)


@pytest.mark.parametrize(("days", "moment"), [(0, "2026-11-20T09:00:00Z"), (7, "2026-11-13T09:00:00Z")])
def test_the_cool_down_is_counted_from_now(days: int, moment: str) -> None:
    assert youngest_allowed(NOW, cool_down_days=days) == moment


@pytest.mark.parametrize(
    ("recorded", "moment"),
    [
        ("", "2026-11-13T09:00:00Z"),
        ("2026-11-13T08:59:59Z", "2026-11-13T09:00:00Z"),
        ("2026-11-19T00:00:00Z", "2026-11-19T00:00:00Z"),
    ],
)
def test_the_timestamp_never_goes_backwards(recorded: str, moment: str) -> None:
    assert next_timestamp(recorded, "2026-11-13T09:00:00Z") == moment


def test_a_new_bypass_replaces_an_old_one_and_what_reaches_no_further_goes() -> None:
    recorded = (bypass("a", "2026-11-15T00:00:00Z"), bypass("b", "2026-11-13T00:00:00Z"))
    requested = (bypass("a", "2026-11-20T00:00:00Z", "new"),)
    assert merge_bypasses(recorded, requested, after="2026-11-13T00:00:00Z") == requested
    assert merge_bypasses(recorded, (), after="2026-11-12T00:00:00Z") == recorded


def test_a_timestamp_in_the_future_would_lift_the_cool_down() -> None:
    with pytest.raises(InputError) as caught:
        refuse_future(LockHeader(compiled_at="2026-11-20T09:00:01Z"), NOW, where="r.txt")
    assert caught.value.message == (
        "r.txt: the timestamp of the lock is 2026-11-20T09:00:01Z, later than now (2026-11-20T09:00:00Z)"
    )
    with pytest.raises(InputError, match="the timestamp of idna is"):
        refuse_future(LockHeader(bypasses=(bypass("idna", "2030-01-01T00:00:00Z"),)), NOW, where="r.txt")
    refuse_future(LockHeader(compiled_at="2026-11-20T09:00:00Z"), NOW, where="r.txt")
