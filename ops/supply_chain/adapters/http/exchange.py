"""One HTTP exchange: request, response, and the checks of status, type, size, encoding and completeness."""

from __future__ import annotations

import hashlib
import tempfile
import time
import zlib
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import ExitStack
from typing import IO, TYPE_CHECKING, NamedTuple

from ops.supply_chain.adapters.http.failure import Failed, address, status_failure
from ops.supply_chain.formats.retry_after import retry_after_seconds

if TYPE_CHECKING:
    import httpx

OK, PARTIAL, NOT_FOUND, GONE = 200, 206, 404, 410
ABSENT = frozenset({NOT_FOUND, GONE})
_GZIP_WINDOW = 16 + zlib.MAX_WBITS
_MOST_DIGITS = 18

LEAST_BYTES_PER_SECOND = 500
"""A server that sends less is not slow: it keeps the connection. An analogue modem had ten times as much."""

SPOOL_BYTES = 8 << 20
"""A spooled file is in memory up to this size."""

PACE_SECONDS = 30.0
"""The span of time in which that many bytes per second are expected on average."""


class HttpRequest(NamedTuple):
    """One GET, or, with a `sent` body of JSON, one POST that has no side effect and may be repeated.

    `limit` is the most bytes that the decoded answer may have. `types` are the media types that are an
    answer, empty for any; `refused_types` are starts of media types that are none. `absent` are the
    statuses that mean "there is no such thing". `kept` asks the store, and asks the server only whether
    its answer still holds. `packed` lets the server compress; False for files, whose bytes are digested.
    `span` is the value of a Range field, empty for the whole. `hashed` are hashlib's names of algorithms:
    with any, the body is hashed as it comes and not kept, so that a file of any size needs no memory.
    With `spooled` as well, they are in a temporary file.
    `accepted` are further statuses whose answer is wanted, of any type and perhaps empty: a service may say in
    it why there is nothing. It is never kept. `followed` is False for what must reach this address alone, a token for
    example: a redirect is then a failure. `arrived` gets the number of bytes of each part of a hashed body as it comes, and
    minus their sum where the body is of no use.
    """

    url: str
    limit: int
    accept: str = "*/*"
    types: frozenset[str] = frozenset()
    refused_types: tuple[str, ...] = ()
    absent: frozenset[int] = ABSENT
    kept: bool = False
    packed: bool = True
    span: str = ""
    sent: bytes = b""
    hashed: tuple[str, ...] = ()
    accepted: frozenset[int] = frozenset()
    spooled: bool = False
    followed: bool = True
    arrived: Callable[[int], object] | None = None


class HttpResponse(NamedTuple):
    """A whole answer: its status, final address without credentials, fields, decoded body.

    Where the question was `hashed`, the body is empty and `digests` has the hexadecimal digest for each
    algorithm, `size` the number of bytes, and `file` the bytes, where the question was `spooled`; the caller closes it.
    """

    status: int
    url: str
    headers: Mapping[str, str]
    media_type: str
    body: bytes
    digests: Mapping[str, str] = {}
    size: int = 0
    file: IO[bytes] | None = None


async def read_answer(
    response: httpx.Response, question: HttpRequest, *, pace_seconds: float = PACE_SECONDS
) -> HttpResponse:
    """Read an answer with status 200, 206 or one that was wanted as well, to its end.

    Args:
        response: Its head was read.
        question: What was asked.
        pace_seconds: In each such span of time `LEAST_BYTES_PER_SECOND` have to arrive.
    Raises:
        Failed: Another status, the wrong type, too much, nothing, wrongly packed, or of unknown length.
    """
    status = response.status_code
    accepted = status in question.accepted
    if status != OK and not accepted and not (status == PARTIAL and question.span):
        raise status_failure(status, wait_seconds=retry_after_seconds(response.headers))
    headers = {name.lower(): value for name, value in response.headers.items()}
    media = media_type(headers.get("content-type", ""))
    if not accepted:
        _check_type(media, question)
    parts = _parts(response, question, pace_seconds)
    url = str(response.request.url)
    if not question.hashed:
        return HttpResponse(status, url, headers, media, b"".join([part async for part in parts]))
    hashers = {algorithm: hashlib.new(algorithm) for algorithm in question.hashed}
    size = 0
    arrived = question.arrived or _unheeded
    with ExitStack() as stack:
        stack.callback(lambda: arrived(-size))
        file = stack.enter_context(tempfile.SpooledTemporaryFile(SPOOL_BYTES)) if question.spooled else None
        async for part in parts:
            size += len(part)
            arrived(len(part))
            for hasher in hashers.values():
                hasher.update(part)
            if file is not None:
                file.write(part)
        stack.pop_all()
    digests = {name: hasher.hexdigest() for name, hasher in hashers.items()}
    return HttpResponse(status, url, headers, media, b"", digests, size, file)


def _unheeded(_size: int) -> None:
    return


def media_type(content_type: str) -> str:
    """Return the media type of a Content-Type field, lower case, without parameters."""
    return content_type.partition(";")[0].strip().lower()


def _check_type(media: str, question: HttpRequest) -> None:
    wanted = not question.types or media in question.types
    if not wanted or (question.refused_types and media.startswith(question.refused_types)):
        raise Failed(f"answered with the wrong type of content ({address(media)[:60] or 'none named'})")


async def _parts(response: httpx.Response, question: HttpRequest, pace_seconds: float) -> AsyncIterator[bytes]:
    limit = question.limit
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    # Hashed bytes must be those on the server: with an encoding it is undefined which bytes are meant.
    if encoding not in (("identity", "") if question.hashed else ("identity", "gzip", "")):
        raise Failed("packed its answer in a way that was not asked for")
    declared = response.headers.get("content-length", "")
    if declared.isascii() and declared.isdigit() and (len(declared) > _MOST_DIGITS or int(declared) > limit):
        raise Failed(f"answered with more than {limit} bytes")
    unpack = zlib.decompressobj(_GZIP_WINDOW) if encoding == "gzip" else None
    if unpack is None and not _length_is_known(response, declared):
        raise Failed("sends no length, so that a truncated response cannot be detected")
    size = 0
    began, arrived = time.monotonic(), 0
    async for raw in response.aiter_raw():
        arrived += len(raw)
        passed = time.monotonic() - began
        if passed > pace_seconds:
            if arrived < LEAST_BYTES_PER_SECOND * passed:
                raise Failed(f"sends less than {LEAST_BYTES_PER_SECOND} bytes per second")
            began, arrived = time.monotonic(), 0
        part = raw if unpack is None else _unpacked(unpack, raw, limit + 1 - size)
        size += len(part)
        if size > limit:
            raise Failed(f"answered with more than {limit} bytes")
        yield part
    if unpack is not None and (not unpack.eof or unpack.unused_data):
        raise Failed("broke off its answer (the gzip stream has no proper end)", transient=True)
    if size == 0 and response.status_code not in question.accepted:
        raise Failed("answered with nothing")


def _length_is_known(response: httpx.Response, declared: str) -> bool:
    chunked = "chunked" in response.headers.get("transfer-encoding", "").lower()
    return bool(declared) or chunked or not response.http_version.startswith("HTTP/1")


def _unpacked(unpack: zlib._Decompress, raw: bytes, room: int) -> bytes:
    try:
        return unpack.decompress(raw, room)
    except zlib.error:
        raise Failed("packed its answer wrongly") from None
