"""The feeds of other ecosystems than PyPI: each given with the ecosystem it is of, or as a feed of any.

No feed of them is used that was not given: each is a download of its own, of up to some hundred megabytes, and a project
needs few. An ecosystem that is needed and has no feed does not count as examined.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from ops.supply_chain.contracts.config.feeds import FeedsConfig
from ops.supply_chain.contracts.files.record import FeedOrigin, FeedRef
from ops.supply_chain.contracts.values.advisory import Advisory
from ops.supply_chain.contracts.values.other_records import OtherRecords
from ops.supply_chain.core.addresses import OSV_ECOSYSTEM_URL
from ops.supply_chain.core.errors import UnavailableError
from ops.supply_chain.core.text import printable

if TYPE_CHECKING:
    from ops.supply_chain.adapters.osv.snapshot import Feed

SLOW_FEED_DAYS = 30
"""Days since the newest record of a feed of another ecosystem: some of them have no new record for weeks."""

NOT_GIVEN = "no feed of its advisories was given"


class OtherSource(NamedTuple):
    """A feed: the ecosystem it was given for, empty for any; its address or path; as records name it; who chose it."""

    ecosystem: str
    source: str
    shown: str
    origin: FeedOrigin = FeedOrigin.GIVEN


class OtherQuery(NamedTuple):
    """What is asked: ecosystem without suffix -> package keys; and when, with which limits, cache and network."""

    wanted: Mapping[str, AbstractSet[str]]
    feeds: FeedsConfig
    cache: Path
    now: datetime
    offline: bool


class OtherAnswer(NamedTuple):
    """The records, the feeds that they come from, and notes about those."""

    records: OtherRecords
    feeds: tuple[FeedRef, ...] = ()
    notes: tuple[str, ...] = ()


def split_given(values: Sequence[str]) -> tuple[list[str], list[OtherSource]]:
    """Sort the values of `--advisories`: those without the name of an ecosystem, which may have any, and the others.

    Args:
        values: `npm=PATH|URL`, or only a path or an address. `PyPI=` before one changes nothing.
    """
    plain: list[str] = []
    others: list[OtherSource] = []
    for value in values:
        name, equals, source = value.partition("=")
        if not (equals and source):
            plain.append(value)
            continue
        from ops.supply_chain.formats.version_orders.ecosystems import PYPI, known_ecosystem

        ecosystem = known_ecosystem(name)
        if not ecosystem or ecosystem == PYPI:
            plain.append(source if ecosystem else value)
        else:
            others.append(OtherSource(ecosystem, source, shown_source(source)))
    return plain, others


def shown_source(source: str) -> str:
    """Return a given source as records name it: an address without credentials and query, or the name of a file."""
    from ops.supply_chain.adapters.http.failure import address

    return address(source) if "://" in source else Path(source).name


def feed_address(ecosystem: str) -> str:
    """Return the address of OSV's feed of an ecosystem."""
    from urllib.parse import quote

    return OSV_ECOSYSTEM_URL.format(ecosystem=quote(ecosystem))


def read_others(query: OtherQuery, sources: Sequence[OtherSource]) -> OtherAnswer:
    """Read the records about some packages from all feeds that have their ecosystem.

    Raises:
        OutputError: The cache cannot be written.
    """
    answer = _Answer(query)
    for source in sources:
        needed = [name for name in sorted(query.wanted) if source.ecosystem in ("", name)]
        if needed:
            answer.add(source, needed)
    return answer.whole()


def open_source(source: OtherSource, query: OtherQuery) -> Feed:
    """Open a feed of other ecosystems, with the limits of the configuration on its age.

    Raises:
        UnavailableError: It cannot be fetched or read, or was not confirmed for too long.
        OutputError: The cache cannot be written.
    """
    from ops.supply_chain.adapters.osv.snapshot import AgeLimits, open_other_feed

    feeds = query.feeds
    newest = timedelta(days=max(SLOW_FEED_DAYS, feeds.max_snapshot_age_days))
    if "://" not in source.source and feeds.max_file_age_hours is not None:
        newest = timedelta(hours=feeds.max_file_age_hours)
    return open_other_feed(
        source.source,
        cache=query.cache,
        now=query.now,
        name=f"osv-{source.ecosystem}" if source.ecosystem else "osv-others",
        offline=query.offline,
        limits=AgeLimits(confirmed=timedelta(hours=feeds.max_age_hours), newest=newest),
    )


class _Answer:
    def __init__(self, query: OtherQuery) -> None:
        self._query = query
        self._found: defaultdict[str, list[Advisory]] = defaultdict(list)
        self._spelt: defaultdict[str, set[str]] = defaultdict(set)
        self._lost: dict[str, str] = {}
        self._missing: dict[str, str] = {}
        self._covered: set[str] = set()
        self._malware: defaultdict[str, int] = defaultdict(int)
        self._feeds: list[FeedRef] = []
        self._notes: list[str] = []

    def add(self, source: OtherSource, needed: Sequence[str]) -> None:
        try:
            with open_source(source, self._query) as feed:
                self._read(feed, source, needed)
        except UnavailableError as error:
            for name in needed:
                self._missing.setdefault(name, error.message)

    def whole(self) -> OtherAnswer:
        reasons = {name: self._missing.get(name, NOT_GIVEN) for name in self._query.wanted}
        records = OtherRecords(
            advisories={key: tuple(records) for key, records in self._found.items()},
            spelt={key: tuple(sorted(names)) for key, names in self._spelt.items()},
            lost=self._lost,
            missing={name: reason for name, reason in reasons.items() if name not in self._covered},
            malware=dict(self._malware),
        )
        return OtherAnswer(records, tuple(self._feeds), tuple(self._notes))

    def _read(self, feed: Feed, source: OtherSource, needed: Sequence[str]) -> None:
        counts = {name: feed.ecosystem(name) for name in needed}
        present = [name for name in needed if counts[name].records]
        for name in needed:
            if source.ecosystem and name not in present:
                self._missing.setdefault(name, f"the feed {source.shown} has no record of it")
        if not present:
            return
        wanted = {key for name in present for key in self._query.wanted[name]}
        unusable = feed.unexamined(wanted)
        nameless = next((item for item in unusable if not item.packages), None)
        reason = feed.stale or (
            f"record {printable(nameless.id or nameless.where)} cannot be read: {nameless.reason}" if nameless else ""
        )
        for name in present:
            self._malware[name] += counts[name].malware
            few = "" if source.ecosystem or feed.covers(name) else _too_few(source, counts[name].records, feed)
            if reason or few:
                self._missing.setdefault(name, reason or few)
            else:
                self._covered.add(name)
        for item in unusable:
            for key in wanted & set(item.packages):
                self._lost.setdefault(key, f"record {printable(item.id or item.where)}: {item.reason}")
        spelt = feed.spelt_otherwise(wanted)
        for key, names in spelt.items():
            self._spelt[key].update(names)
        read = feed.advisories({*wanted, *(name for names in spelt.values() for name in names)})
        for key, records in read.items():
            self._found[key] += records
        self._feeds.append(msgspec.structs.replace(feed.ref, origin=source.origin, address=source.shown))
        self._notes += feed.notes


def _too_few(source: OtherSource, records: int, feed: Feed) -> str:
    return f"the feed {source.shown} has {records:,} of {feed.facts.records:,} records about it, too few to be a feed of it"
