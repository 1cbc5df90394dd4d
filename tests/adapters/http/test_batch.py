from __future__ import annotations

import asyncio

import pytest

from ops.supply_chain.adapters.http.batch import GIVE_UP_AFTER, gather_each, run
from ops.supply_chain.core.errors import StageError, UnavailableError, UsageError


def each(
    keys: list[str], bad: set[str], *, at_once: int = 4
) -> tuple[dict[str, str], dict[str, StageError], list[str]]:
    had: dict[str, str] = {}
    failed: dict[str, StageError] = {}
    asked: list[str] = []

    async def fetch(key: str) -> str:
        asked.append(key)
        await asyncio.sleep(0)
        if key in bad:
            raise UnavailableError(f"{key} is down", hint="Wait.")
        return key.upper()

    run(gather_each(keys, fetch, had, failed, group=lambda key: key[0], at_once=at_once))
    return had, failed, asked


def test_the_failure_of_one_does_not_stop_the_others() -> None:
    had, failed, _ = each(["a1", "a2", "b1"], {"a2"})
    assert had == {"a1": "A1", "b1": "B1"}
    assert {key: (error.message, error.hint) for key, error in failed.items()} == {"a2": ("a2 is down", "Wait.")}


def test_who_only_fails_is_given_up_and_the_others_are_not() -> None:
    keys = [f"{server}{number:02}" for number in range(30) for server in "ab"]
    had, failed, asked = each(keys, {key for key in keys if key[0] == "a"})
    assert sorted(had) == [key for key in sorted(keys) if key[0] == "b"]
    assert sorted(failed) == [key for key in sorted(keys) if key[0] == "a"]
    assert sum(key[0] == "a" for key in asked) < GIVE_UP_AFTER + 4
    error = failed["a29"]
    assert error.message.startswith(f"not asked after {GIVE_UP_AFTER} failures in a row: a")
    assert error.hint == "Wait."


def test_a_success_starts_the_count_anew() -> None:
    keys = [f"a{number:02}" for number in range(30)]
    _, _, asked = each(keys, {key for number, key in enumerate(keys) if number % 5}, at_once=1)
    assert asked == keys


def test_a_broken_configuration_stops_everything() -> None:
    async def fetch(_: str) -> str:
        raise UsageError("netrc is broken")

    with pytest.raises(UsageError):
        run(gather_each(["a"], fetch, {}, {}, group=lambda key: key, at_once=1))


def test_nothing_asked_is_nothing_had() -> None:
    assert each([], set()) == ({}, {}, [])
