"""The records of a feed of PyPI, read part by part for an index; parts of a large zip are read on all cores.

A part is read in the same way wherever that is. A worker that ends is no reason not to answer: this process reads its part.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple, TypeVar

import msgspec

from ops.supply_chain.adapters.osv.archive import ArchiveMember, PackedRecord, ZipRecords, pack
from ops.supply_chain.contracts.values.advisory import OsvRecord, UnusableRecord
from ops.supply_chain.formats.osv import read_record

PART_BYTES = 2 << 20
"""Unpacked bytes of records that are read at a time, and few enough that the cores finish together."""

FEW_PARTS = 3
"""So many parts or fewer are read without workers: starting them takes longer."""

PART_RECORDS = 500
"""The same for records that do not come from a zip."""

P = TypeVar("P")

_ENCODER = msgspec.msgpack.Encoder()


class IndexedAdvisory(msgspec.Struct, array_like=True, gc=False):
    """An `Advisory` in MessagePack, the package it is about, and whether that is malicious."""

    package: str
    malware: bool
    encoded: bytes


class IndexedRecord(msgspec.Struct, array_like=True):
    """A record as an index needs it.

    `member` is its place in its part. `called` are (name in upper case, package): the packages it is about, under each of its
    names and of those upstream; of a record about none an empty one.
    """

    member: int
    id: str
    modified: int | None
    withdrawn: bool
    misspelt: tuple[str, ...]
    called: list[tuple[str, str]]
    advisories: list[IndexedAdvisory]


class FeedPart(msgspec.Struct, array_like=True):
    """Some records of a feed in order, those that cannot be read, and how many members were no records."""

    records: list[IndexedRecord]
    unusable: list[UnusableRecord]
    ignored: int


class PackedPart(NamedTuple):
    """A part, and the document of each of its records."""

    part: FeedPart
    documents: Iterable[PackedRecord]


def feed_parts(records: Iterable[ArchiveMember]) -> Iterator[PackedPart]:
    """Read a feed.

    Args:
        records: All its members.
    Raises:
        UnavailableError: They cannot be read.
    """
    if isinstance(records, ZipRecords):
        yield from _zip_parts(records)
        return
    source = iter(records)
    while members := list(itertools.islice(source, PART_RECORDS)):
        part = read_part(members)
        yield PackedPart(part, (pack(members[record.member].data or b"") for record in part.records))


def read_part(members: Iterable[ArchiveMember]) -> FeedPart:
    """Read the records of some members."""
    part = FeedPart([], [], 0)
    for place, (name, data) in enumerate(members):
        if data is None:
            part.ignored += 1
            continue
        read = read_record(data, where=name)
        if isinstance(read, UnusableRecord):
            part.unusable.append(read)
        else:
            part.records.append(_indexed(place, read))
    return part


def called(record: OsvRecord) -> list[tuple[str, str]]:
    """Return which packages a record is about, under each of its names and of those upstream; of none, under an empty one."""
    rows = {(record.id.upper(), advisory.package) for advisory in record.advisories} or {(record.id.upper(), "")}
    for advisory in record.advisories:
        rows |= {(name.upper(), advisory.package) for name in (*advisory.aliases, *record.upstream)}
    return sorted(rows)


def _indexed(place: int, read: OsvRecord) -> IndexedRecord:
    return IndexedRecord(
        member=place,
        id=read.id,
        modified=read.modified,
        withdrawn=read.withdrawn,
        misspelt=read.misspelt,
        called=called(read),
        advisories=[
            IndexedAdvisory(advisory.package, advisory.malware, _ENCODER.encode(advisory))
            for advisory in read.advisories
        ],
    )


def is_large(records: ZipRecords) -> bool:
    """Return True for a zip whose parts are read on all cores, because one would take longer than to start workers."""
    return len(records.parts(PART_BYTES)) > FEW_PARTS


def read_parts(
    records: ZipRecords,
    reader: Callable[..., Callable[[tuple[int, int]], P]],
    arguments: tuple[Any, ...],
    part: type[P],
) -> Iterator[tuple[range, P]]:
    """Read the parts of a zip, in order, on all cores where it is large; yield each part's places and what was read.

    Args:
        records: The zip.
        reader: Returns, called with the arguments, the function that reads the members from one place to another.
        arguments: Of the reader.
        part: The type of what that function returns.
    Raises:
        UnavailableError: A member is damaged, encrypted, or too large.
    """
    parts = records.parts(PART_BYTES)
    read = reader(*arguments)
    if len(parts) <= FEW_PARTS or not _may_fork():
        yield from ((places, read((places.start, places.stop))) for places in parts)
        return
    from ops.supply_chain.adapters.tools.workers import WorkerEnd, Workers

    # Forked, so that the zip is not sent to the workers: each has it, and its directory, already.
    with Workers(reader, arguments, (tuple[int, int], part), method="fork") as workers:
        for (first, last), result in workers.map((places.start, places.stop) for places in parts):
            yield range(first, last), read((first, last)) if isinstance(result, WorkerEnd) else result


def _zip_parts(records: ZipRecords) -> Iterator[PackedPart]:
    for places, part in read_parts(records, _reader, (records,), FeedPart):
        yield PackedPart(part, (records.packed(places[record.member]) for record in part.records))


def _reader(records: ZipRecords) -> Callable[[tuple[int, int]], FeedPart]:
    return lambda places: read_part(records.members(range(*places)))


def _may_fork() -> bool:
    # Most feeds have an index, or few parts, and need none of it.
    from ops.supply_chain.adapters.tools.workers import may_fork

    return may_fork()
