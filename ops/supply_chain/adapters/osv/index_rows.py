"""The rows of an index of advisories: written once, from all records of a feed."""

from __future__ import annotations

import hashlib
import itertools
import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import msgspec

from ops.supply_chain.adapters.osv.archive import ArchiveMember
from ops.supply_chain.adapters.osv.feed_parts import called, feed_parts
from ops.supply_chain.adapters.osv.index_totals import IndexDirectory, IndexTotals, prefix_of, refuse_empty
from ops.supply_chain.contracts.values.advisory import Advisory, UnusableRecord
from ops.supply_chain.formats.osv import read_record
from ops.supply_chain.formats.osv_targets import OTHER_READING

_SCHEMA = """
create table feed (facts text not null);
create table package (name text primary key, advisories blob not null) without rowid;
create table record (id text not null, modified integer, size integer not null, document blob not null);
create table unusable (document text not null);
create table called (name text not null, package text not null, record text not null, primary key (name, package, record))
 without rowid;
"""
_PYPI_SCHEMA = f"{_SCHEMA} create table directory (data blob not null, sha256 text not null);"
_OTHERS_SCHEMA = f"""{_SCHEMA}
create table ecosystem (name text primary key, records integer not null, malware integer not null) without rowid;
create table entry (name text not null, advisory blob not null);
"""
_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(Advisory)
_SHORT_ARRAY = 16


class _Row(NamedTuple):
    """An advisory in MessagePack, and what it is ordered by."""

    id: str
    modified: int
    encoded: bytes


def fill(database: sqlite3.Connection, records: Iterable[ArchiveMember], *, sha256: str, where: str) -> None:
    """Write the index of the packages of PyPI of a feed into an empty database.

    Args:
        database: The database.
        records: All members of the feed.
        sha256: Of the feed.
        where: The feed's name in errors.
    Raises:
        UnavailableError: The feed has no record of PyPI.
    """
    # The file is deleted after any error, so SQLite needs no journal.
    database.executescript(f"pragma journal_mode=off; pragma synchronous=off; {_PYPI_SCHEMA} begin;")
    packages: dict[str, list[_Row]] = {}
    prefixes: Counter[str] = Counter()
    changes: dict[str, list[int | None]] = {}
    names: set[tuple[str, str, str]] = set()
    named: set[str] = set()
    malware: set[str] = set()
    misspelt: set[tuple[str, str]] = set()
    unusable: list[UnusableRecord] = []
    ignored = withdrawn = 0
    for part, documents in feed_parts(records):
        ignored += part.ignored
        unusable += part.unusable
        database.executemany(
            "insert into unusable values (?)", ((msgspec.json.encode(item).decode(),) for item in part.unusable)
        )
        pairs = zip(part.records, documents, strict=True)
        database.executemany(
            "insert into record values (?, ?, ?, ?)",
            ((record.id, record.modified, packed.size, packed.data) for record, packed in pairs),
        )
        for record in part.records:
            prefixes[prefix_of(record.id)] += 1
            withdrawn += record.withdrawn
            changes.setdefault(record.id, []).append(record.modified)
            misspelt.update((record.id, ecosystem) for ecosystem in record.misspelt)
            names.update((name, package, record.id) for name, package in record.called)
            for advisory in record.advisories:
                row = _Row(record.id, record.modified or 0, advisory.encoded)
                packages.setdefault(advisory.package, []).append(row)
                named.add(record.id)
                if advisory.malware:
                    malware.add(record.id)
    totals = IndexTotals(
        sha256=sha256,
        records=prefixes.total(),
        withdrawn=withdrawn,
        packages=len(packages),
        ignored=ignored,
        named=len(named),
        malware=len(malware),
        repeated=prefixes.total() - len(changes),
        misspelt=tuple(sorted(misspelt)),
        prefixes=tuple(sorted(prefixes.items())),
    )
    refuse_empty(totals, where)
    database.executemany("insert into called values (?, ?, ?)", sorted(names))
    digests: dict[str, bytes] = {}
    database.executemany("insert into package values (?, ?)", _digested(_package_rows(packages, changes), digests))
    database.execute("insert into feed values (?)", (json.dumps(msgspec.to_builtins(totals)),))
    known = sorted(moment for moments in changes.values() for moment in moments if moment is not None)
    directory = IndexDirectory(totals=totals, rows=digests, modified=tuple(known), unusable=tuple(unusable))
    data = _ENCODER.encode(directory)
    database.execute("insert into directory values (?, ?)", (data, hashlib.sha256(data).hexdigest()))
    database.execute("commit")
    database.executescript("create index record_id on record (id); create index record_modified on record (modified);")


def fill_others(database: sqlite3.Connection, records: Iterable[ArchiveMember], *, sha256: str) -> None:
    """Write the index of the packages of all other ecosystems of a feed into an empty database, row by row.

    Args:
        database: The database.
        records: All members of the feed.
        sha256: Of the feed.
    """
    database.executescript(f"pragma journal_mode=off; pragma synchronous=off; {_OTHERS_SCHEMA} begin;")
    prefixes: Counter[str] = Counter()
    changes: dict[str, list[int | None]] = {}
    named: Counter[str] = Counter()
    malware: Counter[str] = Counter()
    ignored = withdrawn = 0
    for name, data in records:
        if data is None:
            ignored += 1
            continue
        read = read_record(data, where=name, reading=OTHER_READING)
        if isinstance(read, UnusableRecord):
            database.execute("insert into unusable values (?)", (msgspec.json.encode(read).decode(),))
            continue
        database.execute("insert into record values (?, ?, 0, ?)", (read.id, read.modified, b""))
        database.executemany(
            "insert or ignore into called values (?, ?, ?)",
            ((name, package, read.id) for name, package in called(read)),
        )
        prefixes[prefix_of(read.id)] += 1
        withdrawn += read.withdrawn
        changes.setdefault(read.id, []).append(read.modified)
        named.update({advisory.package.partition("/")[0].partition(":")[0] for advisory in read.advisories})
        malware.update(
            {advisory.package.partition("/")[0].partition(":")[0] for advisory in read.advisories if advisory.malware}
        )
        database.executemany(
            "insert into entry values (?, ?)",
            ((advisory.package, _ENCODER.encode(advisory)) for advisory in read.advisories),
        )
    packages = 0
    database.execute("create index entry_name on entry (name)")
    rows = database.execute("select name, advisory from entry order by name")
    for name, group in itertools.groupby(rows, key=lambda row: str(row[0])):
        found = {name: [_row(blob) for _, blob in group]}
        database.executemany("insert into package values (?, ?)", _package_rows(found, changes))
        packages += 1
    database.executemany(
        "insert into ecosystem values (?, ?, ?)", ((name, count, malware[name]) for name, count in named.items())
    )
    totals = IndexTotals(
        sha256=sha256,
        records=prefixes.total(),
        withdrawn=withdrawn,
        packages=packages,
        ignored=ignored,
        named=named.total(),
        malware=malware.total(),
        repeated=prefixes.total() - len(changes),
        misspelt=(),
        prefixes=tuple(sorted(prefixes.items())),
    )
    database.execute("insert into feed values (?)", (json.dumps(msgspec.to_builtins(totals)),))
    database.execute("commit")
    database.executescript(
        "drop table entry; create index package_lower on package (lower(name));"
        "create index record_modified on record (modified); vacuum;"
    )


def _row(encoded: bytes) -> _Row:
    advisory = _DECODER.decode(encoded)
    return _Row(advisory.id, advisory.modified or 0, encoded)


def _package_rows(packages: dict[str, list[_Row]], changes: dict[str, list[int | None]]) -> Iterator[tuple[str, bytes]]:
    for name in sorted(packages):
        rows = sorted(packages[name], key=lambda row: row[:2])
        yield name, _array_head(len(rows)) + b"".join(_dated(row, changes[row.id]) for row in rows)


def _digested(rows: Iterable[tuple[str, bytes]], digests: dict[str, bytes]) -> Iterator[tuple[str, bytes]]:
    """Yield rows, and note the digest of each."""
    for name, row in rows:
        digests[name] = hashlib.sha256(row).digest()
        yield name, row


def _array_head(length: int) -> bytes:
    """Return the beginning of an array in MessagePack, before its values."""
    if length < _SHORT_ARRAY:
        return bytes([0x90 | length])
    return b"\xdd" + length.to_bytes(4, "big")


def _dated(row: _Row, changes: list[int | None]) -> bytes:
    """Return the advisory with the time at which the next newer copy of its record was changed.

    An index does not depend on the time of the run, and a copy that claims to be changed in the future must not
    replace another one today; so the matcher compares that time with its own. A copy without a date is kept.
    """
    if len(changes) == 1:
        return row.encoded
    advisory = _DECODER.decode(row.encoded)
    newer = [change for change in changes if change is not None and change > (advisory.modified or 0)]
    if advisory.modified is None or not newer:
        return row.encoded
    return _ENCODER.encode(msgspec.structs.replace(advisory, superseded=min(newer)))
