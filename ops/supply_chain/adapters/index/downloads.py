"""Distribution files as their servers serve them now: hashed while they stream.

Of a wheel, its METADATA is read from the same bytes, with what the index serves as such, so that the two can be compared;
what else the bytes are for is up to a function of the caller.
No answer here comes from a cache. A file that had the right bytes yesterday says nothing about what a server hands out
today, which is what a download checks.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import IO, NamedTuple
from urllib.parse import urlsplit

from ops.supply_chain.adapters.http.batch import gather_each, run
from ops.supply_chain.adapters.http.client import HttpClient, Timeouts
from ops.supply_chain.adapters.http.credentials import Account, Credentials, Origin
from ops.supply_chain.adapters.http.exchange import HttpRequest
from ops.supply_chain.adapters.http.failure import Failed
from ops.supply_chain.adapters.index.core_metadata import REFUSED_TYPES, metadata_beside
from ops.supply_chain.adapters.index.wheel_metadata import wheel_metadata
from ops.supply_chain.contracts.values.package_index import WheelMetadata
from ops.supply_chain.core.errors import StageError, UnavailableError

SYSTEM = "distribution file"
REMEDY = "Check that this machine can reach that server (network, proxy, certificates), then run again."

TIMEOUTS = Timeouts(total_seconds=1800, concurrency=12)
"""One large file may take long; a dozen at a time fill any line, and no more."""


class Wanted(NamedTuple):
    """One file: its address and the algorithms to hash it by, in hashlib's names, sorted.

    `announced` is what the index says of a wheel's metadata file, as `IndexFile.core_metadata`; False compares nothing.
    `opened` is True for a file whose bytes the caller reads.
    """

    url: str
    algorithms: tuple[str, ...]
    announced: str | bool | None = False
    opened: bool = False


class ByteReceiver(NamedTuple):
    """What a caller does with downloaded bytes.

    `read` takes the address and the bytes of each file that is to be opened, in another thread, one after the other; the
    file is closed afterwards. `arrived` gets the number of bytes as they come; a negative one takes back what is of no use.
    """

    read: Callable[[str, IO[bytes]], None] | None = None
    arrived: Callable[[int], object] | None = None


NOTHING_RECEIVED = ByteReceiver()


class Served(NamedTuple):
    """What a server sent: `<algorithm>:<lower-case hex>`, sorted, the number of bytes, and metadata, if wanted."""

    hashes: tuple[str, ...]
    size: int
    metadata: WheelMetadata | None = None


@dataclass
class Downloads:
    """Downloaded files, and the errors of the others; each requested file is in one of the two."""

    served: dict[Wanted, Served] = field(default_factory=dict)
    failed: dict[Wanted, StageError] = field(default_factory=dict)


def download(
    wanted: Collection[Wanted],
    *,
    accounts: Mapping[Origin, Account],
    configured: Collection[Origin] = (),
    largest: int,
    offline: bool = False,
    timeouts: Timeouts = TIMEOUTS,
    receiver: ByteReceiver = NOTHING_RECEIVED,
) -> Downloads:
    """Download files and hash them.

    Args:
        wanted: Any order.
        accounts: Accounts of configured indexes, each for its origin; netrc knows those of other configured origins.
        configured: Origins of configured addresses; no other may be private or gets an account.
        largest: Most bytes of one file.
        offline: True makes each one a failure.
        timeouts: Time limits and number of attempts, and how many at a time.
        receiver: Gets the bytes.
    Returns:
        Both parts in the order of their addresses. A file that its server does not have is a failure.
    Raises:
        UsageError: The netrc file is broken.
    """
    found = Downloads()

    async def work() -> None:
        reading = asyncio.Lock()  # a wheel takes memory while it is read
        client = HttpClient(
            SYSTEM,
            remedy=REMEDY,
            timeouts=timeouts,
            offline=offline,
            credentials=Credentials(dict(accounts)),
            configured=configured,
        )
        async with client:

            async def fetch(one: Wanted) -> Served:
                return await _fetch(client, one, largest, receiver, reading)

            at_once = timeouts.concurrency
            await gather_each(
                sorted(set(wanted), key=repr), fetch, found.served, found.failed, group=_host, at_once=at_once
            )

    run(work())
    served, failed = (sorted(part, key=repr) for part in (found.served, found.failed))
    return Downloads(
        {wanted: found.served[wanted] for wanted in served}, {wanted: found.failed[wanted] for wanted in failed}
    )


async def _fetch(
    client: HttpClient, one: Wanted, largest: int, receiver: ByteReceiver, reading: asyncio.Lock
) -> Served:
    read_file = receiver.read if one.opened else None
    question = HttpRequest(
        one.url,
        largest,
        refused_types=REFUSED_TYPES,
        absent=frozenset(),
        packed=False,
        hashed=one.algorithms,
        spooled=one.announced is not False or read_file is not None,
        arrived=receiver.arrived,
    )
    answer = await client.get(question)
    if answer is None:  # `absent` is empty: every status but 200 is a failure
        raise client.unusable(one.url, Failed("is not there"))
    hashes = tuple(sorted(f"{name}:{digest}" for name, digest in answer.digests.items()))
    if answer.file is None:
        return Served(hashes, answer.size)
    with answer.file:
        if read_file is not None:
            async with reading:
                await asyncio.to_thread(read_file, one.url, answer.file)
        if one.announced is False:
            return Served(hashes, answer.size)
        return Served(hashes, answer.size, await _metadata(client, one, answer.file))


async def _metadata(client: HttpClient, one: Wanted, wheel: IO[bytes]) -> WheelMetadata:
    announced = one.announced if isinstance(one.announced, str) else ""
    try:
        beside = await metadata_beside(client, one.url, announced=bool(one.announced))
        inside = wheel_metadata(wheel)
    except UnavailableError as error:
        return WheelMetadata(announced=announced, problem=error.message, remedy=error.hint)
    except Failed as failure:
        unusable = client.unusable(one.url, failure)
        return WheelMetadata(announced=announced, problem=unusable.message, remedy=unusable.hint)
    return WheelMetadata(inside, beside, announced)


def _host(one: Wanted) -> str:
    try:
        return urlsplit(one.url).netloc
    except ValueError:
        return ""


def install_key(hashes: Collection[str]) -> str:
    """Return what the choice among the files with these hashes depends on, for an installer: hashes and interpreter."""
    return " ".join([*sorted(hashes), *installable_tags()])


@lru_cache(maxsize=1)
def installable_tags() -> Mapping[str, int]:
    """Return the wheel tags that this interpreter installs, with their rank; 0 is what it likes best."""
    from packaging.tags import sys_tags

    return {str(tag): rank for rank, tag in enumerate(sys_tags())}
