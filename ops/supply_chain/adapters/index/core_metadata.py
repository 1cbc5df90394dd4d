"""Core metadata of one file of an index: beside the wheel, out of the wheel's end, or out of the whole file.

Order, from cheap to dear: `<file>.metadata`; the METADATA member of the wheel by range requests; the whole
file. What an index announced a digest for must have that digest. A whole file must have a digest that the
pin names.

Source: PEP 658, PEP 714; RFC 9110 section 14 (range requests); PEP 643 for source distributions.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import re
from collections.abc import Callable
from typing import NamedTuple

from ops.supply_chain.adapters.http.client import HttpClient
from ops.supply_chain.adapters.http.exchange import ABSENT, OK, PARTIAL, HttpRequest, HttpResponse
from ops.supply_chain.adapters.http.failure import Failed
from ops.supply_chain.adapters.index.wheel_metadata import (
    MAX_METADATA_BYTES,
    READ_AHEAD_BYTES,
    NeedsRange,
    PartialFile,
    source_metadata,
    wheel_metadata,
)
from ops.supply_chain.contracts.values.package_index import IndexFile

MAX_SPANS = 8
FORBIDDEN, UNSATISFIABLE = 403, 416
REFUSED_TYPES = ("text/html", "application/json", "application/xml", "image/", "audio/", "video/")
"""What a METADATA file is never labelled as; indexes label it in many other ways."""

STRONG_HASHES = frozenset({"sha256", "sha384", "sha512"})
"""Algorithms that say something about a file, as pip accepts them in a lock."""

_CONTENT_RANGE = re.compile(r"bytes (\d{1,15})-(\d{1,15})/(\d{1,15})")


class FileLimits(NamedTuple):
    """Most bytes of a metadata file and of a whole distribution file."""

    metadata_bytes: int = MAX_METADATA_BYTES
    file_bytes: int = 256 << 20


class MetadataFetcher:
    """Fetches metadata of files.

    Args:
        client: Asks the index's hosts.
        limits: Most bytes of an answer.
    """

    def __init__(self, client: HttpClient, limits: FileLimits) -> None:
        self._client = client
        self._limits = limits
        self._whole_files = asyncio.Semaphore(1)  # they are kept in memory: one at a time

    async def fetch(self, file: IndexFile) -> bytes:
        """Return the METADATA or PKG-INFO of a wheel or source distribution.

        Raises:
            UnavailableError: It could not be fetched, or differs from the record of the index or the pin.
        """
        if not file.filename.endswith(".whl"):
            data = await self._whole(file)
            return self._read(file, lambda: source_metadata(data, file.filename))
        beside = await self._beside(file) if file.core_metadata is not False else None
        return beside or self._as_announced(file, file.url, await self._inside(file))

    async def _beside(self, file: IndexFile) -> bytes | None:
        limit = self._limits.metadata_bytes
        found = await metadata_beside(self._client, file.url, announced=bool(file.core_metadata), limit=limit)
        return found and self._as_announced(file, _with_ending(file.url, ".metadata"), found)

    async def _inside(self, file: IndexFile) -> bytes:
        tail = await self._span(file, f"bytes=-{READ_AHEAD_BYTES}")
        if tail is None:
            data = await self._whole(file)
            return self._read(file, lambda: wheel_metadata(io.BytesIO(data)))
        start, total = self._place(file, tail)
        wheel = PartialFile(total)
        wheel.add(start, tail.body)
        for _ in range(MAX_SPANS):
            try:
                return self._read(file, lambda: wheel_metadata(wheel))
            except NeedsRange as need:
                await self._extend(file, wheel, need)
        raise self._client.unusable(file.url, Failed("is a wheel that is read in too many parts"))

    async def _extend(self, file: IndexFile, wheel: PartialFile, need: NeedsRange) -> None:
        end = min(max(need.end, need.start + READ_AHEAD_BYTES), wheel.size)
        answer = await self._span(file, f"bytes={need.start}-{end - 1}")
        if (
            answer is None
            or self._place(file, answer) != (need.start, wheel.size)
            or len(answer.body) < end - need.start
        ):
            raise self._client.unusable(file.url, Failed("answered with another part than was asked for"))
        wheel.add(need.start, answer.body)

    async def _span(self, file: IndexFile, span: str) -> HttpResponse | None:
        """Ask for a part; None where the server does not serve parts."""
        question = HttpRequest(
            file.url, self._limits.metadata_bytes, absent=frozenset({OK, UNSATISFIABLE}), packed=False, span=span
        )
        return await self._client.get(question)

    def _place(self, file: IndexFile, answer: HttpResponse) -> tuple[int, int]:
        found = _CONTENT_RANGE.fullmatch(answer.headers.get("content-range", ""))
        if answer.status != PARTIAL or not found or int(found[2]) - int(found[1]) + 1 != len(answer.body):
            raise self._client.unusable(file.url, Failed("answered with a part that is not what its label says"))
        return int(found[1]), int(found[3])

    async def _whole(self, file: IndexFile) -> bytes:
        async with self._whole_files:
            question = HttpRequest(file.url, self._limits.file_bytes, absent=frozenset(), packed=False)
            answer = await self._client.get(question)
        data = answer.body if answer else b""
        wrong = [
            digest for digest in file.hashes if digest.partition(":")[0] in STRONG_HASHES and not _has(data, digest)
        ]
        if wrong:
            raise self._client.unusable(
                file.url,
                Failed(
                    f"is not the file that the index lists, expected {wrong[0]}",
                    advice="Do not use that file until the index's keepers explain the difference.",
                ),
            )
        return data

    def _as_announced(self, file: IndexFile, url: str, data: bytes) -> bytes:
        if isinstance(file.core_metadata, str) and not _has(data, file.core_metadata):
            raise self._client.unusable(
                url,
                Failed(
                    f"is not the metadata that the index announced, expected {file.core_metadata}",
                    advice="Do not use that index until its keepers explain the difference.",
                ),
            )
        return data

    def _read(self, file: IndexFile, read: Callable[[], bytes]) -> bytes:
        try:
            return read()
        except Failed as failure:
            raise self._client.unusable(file.url, failure) from None


async def metadata_beside(
    client: HttpClient, url: str, *, announced: bool, limit: int = MAX_METADATA_BYTES
) -> bytes | None:
    """Return the metadata file of a wheel (PEP 658), None where there is none.

    Args:
        client: Asks the server of the file.
        url: Of the wheel.
        announced: Whether the index says that there is one.
        limit: Most bytes.
    Raises:
        UnavailableError: It could not be fetched.
    """
    # Object stores answer 403 for a missing object; it counts as absent if the index announces none.
    absent = ABSENT if announced else ABSENT | {FORBIDDEN}
    question = HttpRequest(_with_ending(url, ".metadata"), limit, refused_types=REFUSED_TYPES, absent=absent)
    answer = await client.get(question)
    return answer.body if answer else None


def _has(data: bytes, expected: str) -> bool:
    algorithm, _, digest = expected.partition(":")
    return algorithm in STRONG_HASHES and hashlib.new(algorithm, data).hexdigest() == digest


def _with_ending(url: str, ending: str) -> str:
    path, question, query = url.partition("?")
    return f"{path}{ending}{question}{query}"
