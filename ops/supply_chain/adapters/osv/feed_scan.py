"""The records about some packages, straight from a large zip: what an index of it would return, without building one.

Every member is unpacked and checked, and every record read as far as it takes to know that it can be used and which packages it
is about (`formats.osv_scan`). Only those about a wanted package, and those that are not in order, are read completely. The
facts of the feed are therefore the same as in its index, and a damaged feed is refused in the same way.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import NamedTuple

import msgspec

from ops.supply_chain.adapters.osv.archive import ArchiveMember, ZipRecords, unpack
from ops.supply_chain.adapters.osv.feed_parts import read_parts
from ops.supply_chain.adapters.osv.index_totals import IndexTotals, prefix_of, refuse_empty
from ops.supply_chain.contracts.values.advisory import Advisory, FeedFacts, UnusableRecord
from ops.supply_chain.formats.osv import read_record
from ops.supply_chain.formats.osv_scan import ScannedRecord, scan_record, summary_of


class FoundRecord(msgspec.Struct, array_like=True):
    """A record about a wanted package: its place in its part, its id, and what it has about all its packages."""

    member: int
    id: str
    advisories: list[Advisory]


class ScannedPart(msgspec.Struct, array_like=True):
    """Some records of a feed, counted.

    `ids` are those of all its usable records; `named` counts those about packages of PyPI, `malware` those about malicious ones,
    `prefixes` all by the first part of their id. `modified` has the time of change of each record that has one.
    """

    ids: list[str] = []
    named: int = 0
    malware: int = 0
    withdrawn: int = 0
    ignored: int = 0
    prefixes: dict[str, int] = {}
    modified: list[int] = []
    packages: set[str] = set()
    misspelt: list[tuple[str, str]] = []
    unusable: list[UnusableRecord] = []
    found: list[FoundRecord] = []


class _Place(NamedTuple):
    """A found record, and its place in the zip."""

    record: FoundRecord
    place: int


class FeedScan:
    """The records of a feed about some packages; its counts are those of an index if the feed has one copy of each record.

    Args:
        records: The feed.
        parts: What was found and counted in its parts, with their places, in order.
        wanted: The packages, PEP 503 names.
        name: The feed's name.
        sha256: Of the feed.
    """

    def __init__(
        self,
        records: ZipRecords,
        parts: Iterable[tuple[range, ScannedPart]],
        wanted: frozenset[str],
        *,
        name: str,
        sha256: str,
    ) -> None:
        self._name, self._records, self._wanted = name, records, wanted
        self._modified: list[int] = []
        self._unusable: list[UnusableRecord] = []
        self._found: dict[str, _Place] = {}
        ids: set[str] = set()
        packages: set[str] = set()
        misspelt: set[tuple[str, str]] = set()
        prefixes: Counter[str] = Counter()
        named = malware = withdrawn = ignored = 0
        for places, part in parts:
            ids.update(part.ids)
            packages |= part.packages
            misspelt.update(part.misspelt)
            prefixes.update(part.prefixes)
            named += part.named
            malware += part.malware
            withdrawn += part.withdrawn
            ignored += part.ignored
            self._modified += part.modified
            self._unusable += part.unusable
            self._found.update({record.id: _Place(record, places[record.member]) for record in part.found})
        self.totals = IndexTotals(
            sha256=sha256,
            records=prefixes.total(),
            withdrawn=withdrawn,
            packages=len(packages),
            ignored=ignored,
            named=named,
            malware=malware,
            repeated=prefixes.total() - len(ids),
            misspelt=tuple(sorted(misspelt)),
            prefixes=tuple(sorted(prefixes.items())),
        )

    def advisories(self, packages: Iterable[str]) -> dict[str, tuple[Advisory, ...]]:
        """Return the records of packages, as `Index.advisories` does.

        Raises:
            ValueError: The feed was not read for one of them: that it has no record would be a false answer.
        """
        wanted = frozenset(packages)
        if not wanted <= self._wanted:
            raise ValueError(f"the feed was not read for {', '.join(sorted(wanted - self._wanted))}")
        found: dict[str, list[Advisory]] = {}
        for _, (record, _) in sorted(self._found.items()):
            for advisory in record.advisories:
                if advisory.package in wanted:
                    found.setdefault(advisory.package, []).append(advisory)
        return {package: tuple(found[package]) for package in sorted(found)}

    def facts(self, now: int) -> FeedFacts:
        """Return the facts of the feed at a time in Unix seconds, as `Index.facts` does."""
        newest = max((moment for moment in self._modified if moment <= now), default=None)
        ahead = sum(moment > now for moment in self._modified)
        return self.totals.facts(self._name, newest=newest, from_future=ahead, unusable=tuple(self._unusable))

    def document(self, record: str) -> bytes | None:
        """Return the bytes of a record about a wanted package as the feed has them, None of any other."""
        found = self._found.get(record)
        return None if found is None else unpack(self._records.packed(found.place))

    def close(self) -> None:
        """Keep nothing open: there is nothing."""


def scan_feed(records: ZipRecords, packages: Iterable[str], *, name: str, sha256: str, where: str) -> FeedScan | None:
    """Read the records about some packages.

    Args:
        records: The feed.
        packages: PEP 503 names.
        name: What the feed is called in records.
        sha256: Of the feed.
        where: The feed's name in errors.
    Returns:
        None if the feed has several copies of a record, between which an index decides.
    Raises:
        UnavailableError: A member cannot be read, or the feed has no record of PyPI.
    """
    wanted = frozenset(packages)
    parts = read_parts(records, _reader, (records, wanted), ScannedPart)
    scan = FeedScan(records, parts, wanted, name=name, sha256=sha256)
    refuse_empty(scan.totals, where)
    return None if scan.totals.repeated else scan


def scan_part(members: Iterable[ArchiveMember], wanted: frozenset[str]) -> ScannedPart:
    """Scan some members for records about some packages."""
    part = ScannedPart()
    for place, (name, data) in enumerate(members):
        if data is None:
            part.ignored += 1
            continue
        scanned = scan_record(data)
        if scanned is None or not wanted.isdisjoint(scanned.packages):
            read = read_record(data, where=name)
            if isinstance(read, UnusableRecord):
                part.unusable.append(read)
                continue
            scanned = summary_of(read)
            if not wanted.isdisjoint(scanned.packages):
                part.found.append(FoundRecord(place, read.id, list(read.advisories)))
        _count(part, scanned)
    return part


def _count(part: ScannedPart, record: ScannedRecord) -> None:
    part.ids.append(record.id)
    prefix = prefix_of(record.id)
    part.prefixes[prefix] = part.prefixes.get(prefix, 0) + 1
    part.named += bool(record.packages)
    part.malware += record.malware
    part.withdrawn += record.withdrawn
    if record.modified is not None:
        part.modified.append(record.modified)
    part.packages.update(record.packages)
    if record.misspelt:
        part.misspelt += ((record.id, spelling) for spelling in record.misspelt)


def _reader(records: ZipRecords, wanted: frozenset[str]) -> Callable[[tuple[int, int]], ScannedPart]:
    return lambda places: scan_part(records.members(range(*places)), wanted)
