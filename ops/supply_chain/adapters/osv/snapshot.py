"""The OSV snapshot: a zip (a path or an address) or a folder of records, opened as one indexed feed.

The age of a feed is the time since the newest `modified` in it that is not in the future, which is never less than the
real age. The time of the download, `Last-Modified` and a file's own date show when a copy was made or served, which
says nothing about its records: OSV's feed of PyPI has new records every day, so a feed without any was copied, or is
no longer updated. A feed that is too old, or has no record with a usable date, is `stale`: what it
has is reported, and nothing counts as examined.

A refresh that fails falls back to the cached copy if the service confirmed it (a download or "not modified") within a
limit of its own, with a note; otherwise nothing is examined. With `offline` only the copy is used, by the same limit.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple, Self

from ops.supply_chain.adapters.osv.archive import MOST_ARCHIVE_BYTES, REMEDY
from ops.supply_chain.adapters.osv.feed_index import FOLDER, EcosystemCount, Index, IndexKind
from ops.supply_chain.adapters.osv.feed_keeper import FeedKeeper
from ops.supply_chain.contracts.files.record import FeedRef
from ops.supply_chain.contracts.values.advisory import Advisory, FeedFacts, UnusableRecord
from ops.supply_chain.core.moments import age_text, timestamp
from ops.supply_chain.core.text import plural

if TYPE_CHECKING:
    from ops.supply_chain.adapters.http.client import Timeouts
    from ops.supply_chain.adapters.http.local_copy import CopiedFeed
    from ops.supply_chain.adapters.osv.feed_scan import FeedScan
    from ops.supply_chain.adapters.osv.package_rows import PackageRows

SYSTEM = "advisory snapshot"
REFUSED_TYPES = ("text/", "application/json")
"""Content types of captive portals and error pages; the storage service sends a zip or a byte stream."""

MISSPELT_NAMED = 3
"""Records with another spelling of the ecosystem that are named in a note; the others are counted."""


class _Request(NamedTuple):
    """When, and how an address may be asked; see `RefreshRequest`."""

    now: datetime
    offline: bool
    limit: timedelta | None
    timeouts: Timeouts | None = None


MIXED = 20
"""A feed of several ecosystems has at most this many records for each of one that it is a feed of."""


class AgeLimits(NamedTuple):
    """The greatest ages of a feed, each None for any age.

    `confirmed` bounds a copy of an address by its last confirmation; `newest` any feed by its newest record.
    """

    confirmed: timedelta | None = None
    newest: timedelta | None = None


class PackageFeed:
    """One advisory feed, open for questions about packages; use it as a context manager.

    Args:
        rows: Its index, or what was found in it about the packages that it was opened for.
        facts: The feed as it was opened.
        age_seconds: See this module's docstring; None where no record has a usable date.
        notes: Notes for the record, sentences without paths of this machine.
        stale: Why it is too old to be used, or empty.
        after: Called when the feed is closed after the last question.
    """

    def __init__(
        self,
        rows: Index | PackageRows | FeedScan,
        facts: FeedFacts,
        *,
        age_seconds: int | None,
        notes: tuple[str, ...],
        stale: str = "",
        after: Callable[[], None] | None = None,
    ) -> None:
        self._rows, self._after = rows, after
        self.facts = facts
        self.age_seconds = age_seconds
        self.notes = notes
        self.stale = stale

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._rows.close()
        if kind is None and self._after is not None:
            self._after()

    @property
    def ref(self) -> FeedRef:
        """The feed as a stage's record names it; its version is the date of the newest record."""
        newest = self.facts.newest
        version = timestamp(datetime.fromtimestamp(newest, UTC)) if newest is not None else "unknown"
        return FeedRef(
            name=self.facts.name,
            version=version,
            sha256=self.facts.sha256,
            age_seconds=self.age_seconds,
            records=self.facts.records,
        )

    def advisories(self, packages: Iterable[str]) -> dict[str, tuple[Advisory, ...]]:
        """Return the records that name the packages (PEP 503 names); those without are left out."""
        return self._rows.advisories(packages)

    def unexamined(self, packages: Iterable[str]) -> tuple[UnusableRecord, ...]:
        """Return the unusable records that name one of the packages, or whose packages are unknown."""
        wanted = set(packages)
        return tuple(item for item in self.facts.unusable if not item.packages or wanted & set(item.packages))

    def document(self, record: str) -> bytes | None:
        """Return one record's bytes as they came, or None where the feed has no such id."""
        return self._rows.document(record)


class Feed(PackageFeed):
    """One advisory feed, open for every question.

    Args:
        index: Its index.
        facts: The feed as it was opened.
        age_seconds: See this module's docstring; None where no record has a usable date.
        notes: Notes for the record, sentences without paths of this machine.
        stale: Why it is too old to be used, or empty.
    """

    def __init__(
        self, index: Index, facts: FeedFacts, *, age_seconds: int | None, notes: tuple[str, ...], stale: str = ""
    ) -> None:
        super().__init__(index, facts, age_seconds=age_seconds, notes=notes, stale=stale)
        self._index = index

    def ecosystem(self, name: str) -> EcosystemCount:
        """Return how many records of an ecosystem the feed has, where it was opened for other ecosystems than PyPI."""
        return self._index.ecosystem(name)

    def covers(self, ecosystem: str) -> bool:
        """Return whether a feed that was given without the name of an ecosystem is a feed of this one, too.

        OSV's feed of one ecosystem has the few records of others that name a package of it as well.
        """
        return self._index.ecosystem(ecosystem).records * MIXED > self.facts.records

    def spelt_otherwise(self, packages: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """Return the names of the feed that differ from some names by their case alone, where it has any."""
        return self._index.spelt_otherwise(packages)

    def packages_called(self, names: Iterable[str]) -> dict[str, frozenset[tuple[str, str]]]:
        """Return, for identifiers in upper case, (package, record) of the records that have them or pass them on; unknown ones are left out."""
        return self._index.packages_called(names)


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
        UnavailableError: It cannot be fetched, is damaged or empty, or was not confirmed for too long.
        OutputError: The cache cannot be written.
    """
    bounds = limits or AgeLimits()
    request = _Request(now=now, offline=offline, limit=bounds.confirmed, timeouts=timeouts)
    return _whole_feed(source, request, FeedKeeper(cache, IndexKind.PYPI, name=name), cache=cache, newest=bounds.newest)


def open_package_feed(
    source: str,
    packages: Collection[str],
    *,
    cache: Path,
    now: datetime,
    offline: bool = False,
    limits: AgeLimits | None = None,
    name: str = "osv",
) -> PackageFeed:
    """Open a feed for questions about some packages: a large zip without an index is read for these alone.

    Its index is then begun when the feed is closed, by another process.

    Args:
        source: As `open_feed` takes it.
        packages: PEP 503 names; the feed answers about no other package.
        cache: The user's cache folder.
        now: The run's moment.
        offline: Ask no network: of an address only the copy in the cache is used.
        limits: How old it may be; None for any age.
        name: What the feed is called in records.
    Raises:
        UnavailableError: It cannot be fetched, is damaged or empty, or was not confirmed for too long.
        OutputError: The cache cannot be written.
    """
    bounds = limits or AgeLimits()
    request = _Request(now=now, offline=offline, limit=bounds.confirmed)
    keeper = FeedKeeper(cache, IndexKind.PYPI, name=name, packages=packages)
    rows, notes = _kept(source, request, keeper, cache)
    facts, age, notes, stale = _described(rows, now=now, limit=bounds.newest, notes=notes)
    return PackageFeed(rows, facts, age_seconds=age, notes=notes, stale=stale, after=keeper.later)


def open_other_feed(
    source: str, *, cache: Path, now: datetime, name: str, offline: bool = False, limits: AgeLimits | None = None
) -> Feed:
    """Open a feed for the packages of all ecosystems besides PyPI, building that index where there is none yet.

    Args:
        source: As `open_feed` takes it.
        cache: The user's cache folder.
        now: The run's moment.
        name: What the feed is called in records.
        offline: Ask no network.
        limits: How old it may be; None for any age.
    Raises:
        UnavailableError: It cannot be fetched, is damaged, or was not confirmed for too long.
        OutputError: The cache cannot be written.
    """
    bounds = limits or AgeLimits()
    request = _Request(now=now, offline=offline, limit=bounds.confirmed)
    keeper = FeedKeeper(cache, IndexKind.OTHERS, name=name)
    return _whole_feed(source, request, keeper, cache=cache, newest=bounds.newest)


def _whole_feed(source: str, request: _Request, keeper: FeedKeeper, *, cache: Path, newest: timedelta | None) -> Feed:
    index, notes = _kept(source, request, keeper, cache)
    if not isinstance(index, Index):
        raise TypeError("a feed was read for some packages only, and is asked about all")
    facts, age, notes, stale = _described(index, now=request.now, limit=newest, notes=notes)
    return Feed(index, facts, age_seconds=age, notes=notes, stale=stale)


def _kept(
    source: str, request: _Request, keeper: FeedKeeper, cache: Path
) -> tuple[Index | PackageRows | FeedScan, tuple[str, ...]]:
    """Return a feed that is opened, and notes about its copy."""
    if "://" in source:
        # A file needs no network, and importing the client takes longer than reading an index.
        from ops.supply_chain.adapters.http.failure import address
        from ops.supply_chain.adapters.http.local_copy import RefreshRequest, refresh

        copy = refresh(source, RefreshRequest(*request), _copied(keeper), cache=cache)
        return keeper.open(copy.sha256, address(source)), copy.notes
    path = Path(source)
    sha256 = keeper.keep_folder(path) if path.is_dir() else keeper.keep_file(path)
    return keeper.open(sha256, source), ()


def _copied(keeper: FeedKeeper) -> CopiedFeed:
    from ops.supply_chain.adapters.http.local_copy import CopiedFeed

    return CopiedFeed(
        system=SYSTEM,
        remedy=REMEDY,
        refused_types=REFUSED_TYPES,
        most_bytes=MOST_ARCHIVE_BYTES,
        folder=FOLDER,
        keep=keeper.keep_download,
        is_kept=keeper.is_kept,
    )


def _described(
    rows: Index | PackageRows | FeedScan, *, now: datetime, limit: timedelta | None, notes: tuple[str, ...]
) -> tuple[FeedFacts, int | None, tuple[str, ...], str]:
    """Return the facts of a feed, its age, all notes about it, and why it is too old, or empty."""
    facts = rows.facts(int(now.timestamp()))
    age = None if facts.newest is None else int(now.timestamp()) - facts.newest
    return facts, age, (*notes, *_notes(facts)), _stale(age, limit)


def _stale(age: int | None, limit: timedelta | None) -> str:
    if limit is None or (age is not None and age <= limit.total_seconds()):
        return ""
    found = "has no record with a usable date" if age is None else f"is {age_text(age)} old by its records"
    return f"the snapshot {found}, the limit is {age_text(int(limit.total_seconds()))}"


def _notes(facts: FeedFacts) -> tuple[str, ...]:
    ahead, unusable = facts.from_future, len(facts.unusable)
    notes = []
    if ahead:
        notes.append(f"{facts.name}: {ahead} of {facts.records} records are dated in the future")
    if unusable:
        notes.append(f"{facts.name}: {plural(unusable, 'record')} cannot be read")
    if facts.ignored:
        members = (
            "1 member is not a record and was"
            if facts.ignored == 1
            else f"{facts.ignored} members are not records and were"
        )
        notes.append(f"{facts.name}: {members} skipped")
    if facts.repeated:
        notes.append(
            f"{facts.name}: {plural(facts.repeated, 'further copy', 'further copies')} of records; of each record the newest "
            "copy was used"
        )
    notes += [
        f"{facts.name}: record {record} writes the ecosystem {spelling[:40]!r}; it was read as PyPI"
        for record, spelling in facts.misspelt[:MISSPELT_NAMED]
    ]
    if len(facts.misspelt) > MISSPELT_NAMED:
        notes.append(f"{facts.name}: {len(facts.misspelt) - MISSPELT_NAMED} more records misspell the ecosystem")
    return tuple(notes)
