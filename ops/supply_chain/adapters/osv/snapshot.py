"""The OSV snapshot: a zip (a path or an address) or a folder of records, opened as one indexed feed.

The age of a feed is, for an address, the time since the service last confirmed that the local copy is
current (a download or "not modified"); for a file or folder, the time since the newest `modified` in it that is not in
the future, which is never less than the real age. An address without a new record for a long time is noted, however
recently it was confirmed.

A refresh that fails falls back to the cached copy if that is within the limit, with a note; otherwise nothing is
examined. With `offline` only the copy is used, by the same limit.
"""

from __future__ import annotations

import io
from collections import deque
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from ops.supply_chain.adapters.http.client import Timeouts
from ops.supply_chain.adapters.osv.archive import MOST_ARCHIVE_BYTES, REMEDY, FolderDigest, read_folder, read_zip
from ops.supply_chain.adapters.osv.feed_index import Index, build, index_path, is_whole
from ops.supply_chain.adapters.osv.refresh import RefreshRequest, SnapshotCopy, refresh
from ops.supply_chain.contracts.files.record import FeedRef
from ops.supply_chain.contracts.values.advisory import Advisory, FeedFacts, UnusableRecord
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.errors import UnavailableError
from ops.supply_chain.core.moments import timestamp

DAY_SECONDS = 86400
MOST_QUIET_DAYS = 30
"""Days without a new record after which an address is noted. OSV's feed of PyPI has new records every day, so it is
probably a mirror that is no longer updated, or a small private feed."""


class AgeLimits(NamedTuple):
    """The greatest ages of a feed, each None for any age.

    `confirmed` bounds a copy of an address by its last confirmation; `newest` a file or folder by its
    newest record.
    """

    confirmed: timedelta | None = None
    newest: timedelta | None = None


class Feed:
    """One advisory feed, open; use it as a context manager.

    Args:
        index: Its index.
        facts: The feed as it was opened.
        age_seconds: See this module's docstring; None where no record has a usable date.
        notes: Notes for the record, sentences without paths of this machine.
    """

    def __init__(self, index: Index, facts: FeedFacts, *, age_seconds: int | None, notes: tuple[str, ...]) -> None:
        self._index = index
        self.facts = facts
        self.age_seconds = age_seconds
        self.notes = notes

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._index.__exit__(kind, error, trace)

    @property
    def ref(self) -> FeedRef:
        """The feed as a stage's record names it; its version is the date of the newest record."""
        newest = self.facts.newest
        version = timestamp(datetime.fromtimestamp(newest, UTC)) if newest is not None else "unknown"
        return FeedRef(name=self.facts.name, version=version, sha256=self.facts.sha256, age_seconds=self.age_seconds)

    def advisories(self, packages: Iterable[str]) -> dict[str, tuple[Advisory, ...]]:
        """Return the records that name the packages (PEP 503 names); those without are left out."""
        return self._index.advisories(packages)

    def unexamined(self, packages: Iterable[str]) -> tuple[UnusableRecord, ...]:
        """Return the unusable records that name one of the packages, or whose packages are unknown."""
        wanted = set(packages)
        return tuple(item for item in self.facts.unusable if not item.packages or wanted & set(item.packages))

    def document(self, record: str) -> bytes | None:
        """Return one record's bytes as they came, or None where the feed has no such id."""
        return self._index.document(record)


def open_feed(
    source: str,
    *,
    cache: Path,
    now: datetime,
    offline: bool = False,
    limits: AgeLimits | None = None,
    name: str = "osv",
    timeouts: Timeouts | None = None,
) -> Feed:
    """Open a feed, building its index where there is none yet.

    Args:
        source: An `https:` address of a zip, or the path of a zip or of a folder of records.
        cache: The user's cache folder.
        now: The run's moment.
        offline: Ask no network: of an address only the copy in the cache is used.
        limits: How old it may be; None for any age.
        name: What the feed is called in records.
        timeouts: Time limits.
    Raises:
        UnavailableError: It cannot be fetched, is damaged or empty, or is too old: nothing was examined.
        OutputError: The cache cannot be written.
    """
    bounds = limits or AgeLimits()
    if "://" in source:
        request = RefreshRequest(now=now, offline=offline, limit=bounds.confirmed, timeouts=timeouts)
        copy = refresh(source, request, cache=cache, index=_index_bytes)
        return _of_copy(copy, cache=cache, now=now, name=name)
    path = Path(source)
    sha256 = _index_folder(path, cache) if path.is_dir() else _index_file(path, cache)
    return _of_file(sha256, cache=cache, now=now, name=name, limit=bounds.newest)


def _of_copy(copy: SnapshotCopy, *, cache: Path, now: datetime, name: str) -> Feed:
    index = Index(index_path(cache, copy.sha256), name=name, sha256=copy.sha256)
    facts = index.facts(int(now.timestamp()))
    age = max(0, int(now.timestamp()) - copy.checked)
    notes = (*copy.notes, *_quiet(facts, now), *_notes(facts))
    return Feed(index, facts, age_seconds=age, notes=notes)


def _quiet(facts: FeedFacts, now: datetime) -> tuple[str, ...]:
    """Return a note if an address confirms a copy that is no longer updated."""
    days = MOST_QUIET_DAYS + 1 if facts.newest is None else (int(now.timestamp()) - facts.newest) // DAY_SECONDS
    if days <= MOST_QUIET_DAYS:
        return ()
    since = "no record with a usable date" if facts.newest is None else f"had no new record for {days} days"
    return (f"{facts.name}: the address confirms its copy, which has {since}: check that it is still updated",)


def _of_file(sha256: str, *, cache: Path, now: datetime, name: str, limit: timedelta | None) -> Feed:
    index = Index(index_path(cache, sha256), name=name, sha256=sha256)
    facts = index.facts(int(now.timestamp()))
    age = None if facts.newest is None else int(now.timestamp()) - facts.newest
    if limit is not None and (age is None or age > limit.total_seconds()):
        index.__exit__(None, None, None)
        reason = (
            "has no record with a usable date" if age is None else f"is {age // DAY_SECONDS} days old by its records"
        )
        raise UnavailableError(
            f"advisories: the snapshot {reason}, the limit is {limit.days} days",
            hint="Fetch a newer snapshot, or raise the limit in the configuration.",
        )
    return Feed(index, facts, age_seconds=age, notes=_notes(facts))


def _notes(facts: FeedFacts) -> tuple[str, ...]:
    ahead, unusable = facts.from_future, len(facts.unusable)
    notes = []
    if ahead:
        notes.append(f"{facts.name}: {ahead} of {facts.records} records are dated in the future")
    if unusable:
        notes.append(f"{facts.name}: {unusable} records cannot be read")
    if facts.ignored:
        notes.append(f"{facts.name}: {facts.ignored} members are not records and were skipped")
    return tuple(notes)


def _index_file(path: Path, cache: Path) -> str:
    try:
        with path.open("rb") as handle:
            data = handle.read(MOST_ARCHIVE_BYTES + 1)
    except OSError as error:
        raise UnavailableError(f"advisories {path}: cannot be read: {error.strerror or error}", hint=REMEDY) from error
    return _index_bytes(data, cache, str(path))


def _index_bytes(data: bytes, cache: Path, where: str) -> str:
    """Make sure that a zip is indexed, and return its SHA-256."""
    if len(data) > MOST_ARCHIVE_BYTES:
        raise UnavailableError(f"advisories {where}: is larger than {MOST_ARCHIVE_BYTES} bytes", hint=REMEDY)
    sha256 = sha256_bytes(data)
    if not is_whole(cache, sha256):
        build(index_path(cache, sha256), read_zip(io.BytesIO(data), where=where), sha256=sha256, where=where)
    return sha256


def _index_folder(path: Path, cache: Path) -> str:
    """Make sure that a folder is indexed: read once for its digest, and again only where it is new."""
    first, again = FolderDigest(), FolderDigest()
    deque(first.update_from(read_folder(path)), maxlen=0)
    sha256 = first.sha256()
    if not is_whole(cache, sha256):
        target = index_path(cache, sha256)
        build(target, again.update_from(read_folder(path)), sha256=sha256, where=str(path))
        if again.sha256() != sha256:
            target.unlink(missing_ok=True)
            raise UnavailableError(f"advisories {path}: changed while it was read", hint="Run again.")
    return sha256
