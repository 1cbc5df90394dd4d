"""The local copy of a feed, kept current by ETag.

The copy is what its reader keeps of the download, for example an index. A small state file has the digest, the ETag, and
the time at which the service last confirmed it. A download counts only after the reader has kept it; until then the old
state is valid.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec

from ops.supply_chain.adapters.http import batch
from ops.supply_chain.adapters.http.client import HttpClient, Timeouts
from ops.supply_chain.adapters.http.credentials import origins_of
from ops.supply_chain.adapters.http.exchange import HttpRequest
from ops.supply_chain.adapters.http.failure import address
from ops.supply_chain.adapters.http.store import AnswerStore, StoredAnswer
from ops.supply_chain.contracts.base import Contract, Sha256
from ops.supply_chain.core import canonical
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.errors import InputError, UnavailableError

DAY_SECONDS = 86400
CLOCK_SLACK = timedelta(minutes=5)
UNUSABLE = "what the service sent cannot be used"

Keeper = Callable[[bytes, Path, str], str]
"""Keeps what it needs of a download in a cache folder and returns the SHA-256; the text names the feed in errors."""


class CopiedFeed(NamedTuple):
    """What a feed is, and how it is copied.

    `system` is its name in errors, `remedy` what to do if it does not answer. `refused_types` are starts of the media types
    of captive portals and error pages. `most_bytes` limits a download. `packed` lets the server compress it. `folder` is
    below the cache. `keep` keeps a download, `is_kept` is whether that of a digest is there and intact.
    """

    system: str
    remedy: str
    refused_types: tuple[str, ...]
    most_bytes: int
    folder: str
    keep: Keeper
    is_kept: Callable[[Path, str], bool]
    packed: bool = False


class LocalCopy(NamedTuple):
    """The copy to use: its digest, the time of the last confirmation (Unix seconds), and notes for the record."""

    sha256: str
    checked: int
    notes: tuple[str, ...]


class RefreshRequest(NamedTuple):
    """When and how to refresh.

    `limit` is the greatest age of the last confirmation if the copy cannot be confirmed now, None for any age. With
    `offline` no request is sent. `timeouts` are the time limits.
    """

    now: datetime
    offline: bool = False
    limit: timedelta | None = None
    timeouts: Timeouts | None = None


class CopyState(Contract, frozen=True, kw_only=True):
    """The state file `<cache>/<folder>/<digest of the address>.json`."""

    schema: Literal["advisory-snapshot/1"] = "advisory-snapshot/1"
    sha256: Sha256
    etag: str
    last_modified: str
    checked: int


class _Conditions(AnswerStore):
    """Makes the client ask "has it changed?" without keeping the answer: an empty body means that it has not."""

    def __init__(self, state: CopyState | None) -> None:
        super().__init__(Path())
        self._state = state
        self.fields: Mapping[str, str] = {}

    def read(self, url: str, accept: str) -> StoredAnswer | None:
        """Return the ETag of the local copy, if there is one."""
        if self._state is None or not (self._state.etag or self._state.last_modified):
            return None
        return StoredAnswer(
            format=0,
            url=url,
            accept=accept,
            etag=self._state.etag,
            last_modified=self._state.last_modified,
            content_type="",
            sha256=sha256_bytes(b""),
            body=b"",
        )

    def write(self, url: str, accept: str, headers: Mapping[str, str], body: bytes) -> None:  # noqa: ARG002 - see class
        """Remember the fields of a new answer."""
        self.fields = headers


def refresh(url: str, request: RefreshRequest, feed: CopiedFeed, *, cache: Path) -> LocalCopy:
    """Update the local copy of a feed, or fall back to it.

    Args:
        url: The feed's address.
        request: When and how.
        feed: What it is.
        cache: The user's cache folder.
    Raises:
        UnavailableError: There is no copy that is recent enough.
        OutputError: The cache cannot be written.
    """
    path = cache / feed.folder / f"{sha256_bytes(url.encode('utf-8', 'surrogateescape'))[:16]}.json"
    known = _read_state(path, cache, feed)
    conditions = _Conditions(known)
    client = HttpClient(
        feed.system,
        remedy=feed.remedy,
        timeouts=request.timeouts,
        offline=request.offline,
        configured=origins_of(url),
        store=conditions,
    )
    checked, why = int(request.now.timestamp()), _silence(request)
    try:
        body = batch.run(_ask(client, url, feed))
        if body or known is None:
            why = UNUSABLE
            sha256 = feed.keep(body, cache, address(url))
            etag, last_modified = (conditions.fields.get(name, "") for name in ("etag", "last-modified"))
            state = CopyState(sha256=sha256, etag=etag, last_modified=last_modified, checked=checked)
        else:
            state = msgspec.structs.replace(known, checked=checked)
    except UnavailableError as error:
        if known is None:
            raise
        return _fall_back(known, error, request, f"{feed.system}: {why}")
    canonical.write(path, state)
    return LocalCopy(state.sha256, checked, ())


async def _ask(client: HttpClient, url: str, feed: CopiedFeed) -> bytes:
    """Return the download, or nothing if the local copy is current."""
    question = HttpRequest(
        url, feed.most_bytes, refused_types=feed.refused_types, absent=frozenset(), kept=True, packed=feed.packed
    )
    async with client:
        answer = await client.get(question)
    return answer.body if answer else b""


def _silence(request: RefreshRequest) -> str:
    return "this run is offline" if request.offline else "the service did not answer"


def _fall_back(state: CopyState, error: UnavailableError, request: RefreshRequest, why: str) -> LocalCopy:
    age, limit = int(request.now.timestamp()) - state.checked, request.limit
    if age < -CLOCK_SLACK.total_seconds():
        reason = "the cached copy was confirmed in the future: one of the clocks is wrong"
        raise UnavailableError(f"{error.message}; {reason}", hint=error.hint)
    if limit is not None and age > limit.total_seconds():
        reason = f"the cached copy was last confirmed {age // DAY_SECONDS} days ago, the limit is {limit.days} days"
        raise UnavailableError(f"{error.message}; {reason}", hint=error.hint)
    note = f"{why}; using the copy confirmed {max(0, age)} seconds ago"
    return LocalCopy(state.sha256, state.checked, (note,))


def _read_state(path: Path, cache: Path, feed: CopiedFeed) -> CopyState | None:
    """Return the state if it is intact and what was kept exists."""
    try:
        state = canonical.read(path, CopyState)
    except InputError:
        return None
    return state if feed.is_kept(cache, state.sha256) else None
