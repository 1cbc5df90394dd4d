"""Many waits at once, from code that is not asynchronous."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, TypeVar

from ops.supply_chain.core.errors import StageError, UnavailableError

K = TypeVar("K")
V = TypeVar("V")

GIVE_UP_AFTER = 8
"""Consecutive failures of one group, after which the rest of the group is not requested."""


def run(work: Coroutine[Any, Any, V]) -> V:
    """Run one asynchronous batch from code that is not asynchronous."""
    return asyncio.run(work)


async def gather(keys: Sequence[K], fetch: Callable[[K], Awaitable[V]], into: dict[K, V]) -> None:
    """Fetch many things at once; the first failure stops the rest.

    Args:
        keys: What to fetch, without duplicates.
        fetch: Fetches one.
        into: Receives each result as it comes, so that a caller has the results so far after a failure.
    Raises:
        StageError: The first failure of a fetch, as it was raised.
    """

    async def one(key: K) -> None:
        into[key] = await fetch(key)

    tasks = [asyncio.ensure_future(one(key)) for key in keys]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def gather_each(
    keys: Sequence[K],
    fetch: Callable[[K], Awaitable[V]],
    into: dict[K, V],
    failed: dict[K, StageError],
    *,
    group: Callable[[K], str],
    at_once: int,
) -> None:
    """Fetch many things at once; the failure of one does not stop the others.

    A group (the keys of one server) that only fails is given up after a while, so that a server that does not
    answer is not waited for a thousand times.

    Args:
        keys: What to fetch, without duplicates.
        fetch: Fetches one.
        into: Receives what was had.
        failed: Receives why each of the others was not had.
        group: Names the server that a key is asked of.
        at_once: How many fetches run at the same time.
    Raises:
        StageError: What a fetch raised other than `UnavailableError`.
    """
    slots = asyncio.Semaphore(at_once)
    in_a_row: dict[str, int] = {}
    last: dict[str, UnavailableError] = {}

    async def one(key: K) -> None:
        name = group(key)
        async with slots:
            if in_a_row.get(name, 0) >= GIVE_UP_AFTER:
                text = f"not asked after {GIVE_UP_AFTER} failures in a row: {last[name].message}"
                failed[key] = UnavailableError(text, hint=last[name].hint)
                return
            try:
                into[key] = await fetch(key)
                in_a_row[name] = 0
            except UnavailableError as error:
                failed[key] = last[name] = error
                in_a_row[name] = in_a_row.get(name, 0) + 1

    await gather(keys, one, {})
