"""An advisory feed indexed by package in one SQLite file, built once for each digest of the feed.

The file's name has the feed's SHA-256 and the format. It is built under another name and renamed when it is
complete, so a killed build is never taken for an index. Each package's records are in one row, so that a run reads
only the packages it has; the original records are stored as well, compressed.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import tempfile
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

from ops.supply_chain.adapters.osv.archive import ArchiveMember
from ops.supply_chain.contracts.values.advisory import INDEX_FORMAT, Advisory, FeedFacts, OsvRecord, UnusableRecord
from ops.supply_chain.core.errors import OutputError, UnavailableError
from ops.supply_chain.core.text import plural
from ops.supply_chain.formats.osv import read_record

FOLDER = "advisories"
KEPT_INDEXES = 4
"""Number of indexes kept in the cache; a daily feed would otherwise leave one per day."""

PACKED_LEVEL = 1
_CHUNK = 500
_SCHEMA = """
create table feed (facts text not null);
create table package (name text primary key, advisories blob not null) without rowid;
create table record (id text not null, modified integer, document blob not null);
create table unusable (document text not null);
"""
_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(tuple[Advisory, ...])


class _Totals(msgspec.Struct, frozen=True, kw_only=True):
    """The facts of a feed that do not depend on the time, counted when it is built."""

    sha256: str
    records: int
    withdrawn: int
    packages: int
    ignored: int
    named: int
    malware: int
    repeated: int
    misspelt: tuple[tuple[str, str], ...]
    prefixes: tuple[tuple[str, int], ...]


def index_path(cache: Path, sha256: str) -> Path:
    """Return the path of a feed's index in a cache; it need not exist."""
    return cache / FOLDER / f"{sha256}.v{INDEX_FORMAT}.sqlite"


def is_whole(cache: Path, sha256: str) -> bool:
    """Return True if a feed's index exists and is intact; a damaged one can be rebuilt."""
    path = index_path(cache, sha256)
    if not path.is_file():
        return False
    try:
        with Index(path, name="", sha256=sha256):
            return True
    except UnavailableError:
        return False


def build(path: Path, records: Iterable[ArchiveMember], *, sha256: str, where: str) -> None:
    """Index a feed.

    Args:
        path: The index to write; its folder is created if missing.
        records: All members of the feed.
        sha256: Of the feed, stored in the index.
        where: The feed's name in errors.
    Raises:
        UnavailableError: The feed cannot be read, or has no record of PyPI.
        OutputError: The cache cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".tmp")
    except OSError as error:
        raise _cannot_write(path, error) from error
    temporary = Path(name)
    try:
        os.close(descriptor)
        with contextlib.closing(sqlite3.connect(temporary, isolation_level=None)) as database:
            _fill(database, records, sha256=sha256, where=where)
        with temporary.open("rb") as handle:
            os.fsync(handle.fileno())
        temporary.replace(path)
    except (OSError, sqlite3.Error) as error:
        raise _cannot_write(path, error) from error
    finally:
        temporary.unlink(missing_ok=True)
    _forget_old(path)


class Index:
    """One index, open for reading; use it as a context manager.

    Args:
        path: The index file.
        name: The feed's name.
        sha256: The feed that it must be of.
    Raises:
        UnavailableError: The file is not a whole index of that feed.
    """

    def __init__(self, path: Path, *, name: str, sha256: str) -> None:
        self._name = name
        self._path = path
        try:
            self._database = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
        except sqlite3.Error as error:
            raise self._damaged(error) from error
        try:
            self._totals = self._check(sha256)
        except (sqlite3.Error, msgspec.DecodeError, msgspec.ValidationError) as error:
            self._database.close()
            raise self._damaged(error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.close()

    def _check(self, sha256: str) -> _Totals:
        (text,) = self._one("select facts from feed")
        totals: _Totals = msgspec.json.decode(text, type=_Totals)
        counted = (*self._one("select count(*) from package"), *self._one("select count(*) from record"))
        sound = self._one("pragma quick_check(1)") == ("ok",)
        if not sound or totals.sha256 != sha256 or counted != (totals.packages, totals.records):
            raise sqlite3.DatabaseError("its contents do not match its totals")
        return totals

    def _one(self, query: str) -> tuple[Any, ...]:
        row: tuple[Any, ...] | None = self._database.execute(query).fetchone()
        if row is None:
            raise sqlite3.DatabaseError("it is empty")
        return row

    def advisories(self, packages: Iterable[str]) -> dict[str, tuple[Advisory, ...]]:
        """Return the records of some packages.

        Args:
            packages: PEP 503 names.
        Returns:
            Package -> its records, sorted by id; a package without records is left out.
        Raises:
            UnavailableError: The index is damaged.
        """
        found: dict[str, tuple[Advisory, ...]] = {}
        try:
            for name, blob in self._rows(sorted(set(packages))):
                found[name] = _DECODER.decode(blob)
        except (sqlite3.Error, msgspec.DecodeError, msgspec.ValidationError) as error:
            raise self._damaged(error) from error
        return found

    def _rows(self, names: list[str]) -> Iterator[tuple[str, bytes]]:
        for start in range(0, len(names), _CHUNK):
            chunk = names[start : start + _CHUNK]
            marks = ",".join("?" * len(chunk))
            yield from self._database.execute(
                f"select name, advisories from package where name in ({marks})",  # noqa: S608 - question marks only
                chunk,
            )

    def facts(self, now: int) -> FeedFacts:
        """Return the facts of the feed at a given time.

        Args:
            now: Unix seconds; records that claim to be changed later are counted apart.
        Raises:
            UnavailableError: The index is damaged.
        """
        try:
            newest, ahead = self._database.execute(
                "select max(modified) filter (where modified <= :now), count(*) filter (where modified > :now)"
                " from record",
                {"now": now},
            ).fetchone()
            unusable = tuple(
                msgspec.json.decode(text, type=UnusableRecord)
                for (text,) in self._database.execute("select document from unusable")
            )
        except (sqlite3.Error, msgspec.DecodeError, msgspec.ValidationError) as error:
            raise self._damaged(error) from error
        totals = self._totals
        return FeedFacts(
            name=self._name,
            sha256=totals.sha256,
            records=totals.records,
            withdrawn=totals.withdrawn,
            packages=totals.packages,
            prefixes=totals.prefixes,
            newest=newest,
            from_future=ahead,
            unusable=unusable,
            ignored=totals.ignored,
            named=totals.named,
            malware=totals.malware,
            repeated=totals.repeated,
            misspelt=totals.misspelt,
        )

    def document(self, record: str) -> bytes | None:
        """Return one record's bytes as the feed has them (the newest copy, if it has several), or None."""
        try:
            row = self._database.execute(
                "select document from record where id = ? order by modified desc", (record,)
            ).fetchone()
            return None if row is None else zlib.decompress(row[0])
        except (sqlite3.Error, zlib.error) as error:
            raise self._damaged(error) from error

    def _damaged(self, error: Exception) -> UnavailableError:
        return UnavailableError(
            f"advisory index {self._path.name}: is damaged: {error}",
            hint="Delete it from the cache folder; the next run builds it again.",
        )


def _fill(database: sqlite3.Connection, records: Iterable[ArchiveMember], *, sha256: str, where: str) -> None:
    # The file is deleted after any error, so SQLite needs no journal.
    database.executescript(f"pragma journal_mode=off; pragma synchronous=off; {_SCHEMA} begin;")
    packages: dict[str, list[Advisory]] = {}
    prefixes: Counter[str] = Counter()
    changes: dict[str, list[int | None]] = {}
    named: set[str] = set()
    malware: set[str] = set()
    misspelt: set[tuple[str, str]] = set()
    ignored = withdrawn = 0
    for name, data in records:
        if data is None:
            ignored += 1
            continue
        read = read_record(data, where=name)
        if isinstance(read, UnusableRecord):
            database.execute("insert into unusable values (?)", (msgspec.json.encode(read).decode(),))
            continue
        packed = zlib.compress(data, PACKED_LEVEL)
        database.execute("insert into record values (?, ?, ?)", (read.id, read.modified, packed))
        prefixes[_prefix(read)] += 1
        withdrawn += read.withdrawn
        changes.setdefault(read.id, []).append(read.modified)
        misspelt.update((read.id, ecosystem) for ecosystem in read.misspelt)
        for advisory in read.advisories:
            packages.setdefault(advisory.package, []).append(advisory)
            named.add(read.id)
            if advisory.malware:
                malware.add(read.id)
    totals = _Totals(
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
    _refuse_empty(totals, where)
    database.executemany("insert into package values (?, ?)", _package_rows(packages, changes))
    database.execute("insert into feed values (?)", (json.dumps(msgspec.to_builtins(totals)),))
    database.execute("commit")
    database.execute("create index record_id on record (id)")


def _package_rows(
    packages: dict[str, list[Advisory]], changes: dict[str, list[int | None]]
) -> Iterator[tuple[str, bytes]]:
    for name in sorted(packages):
        found = [_dated(advisory, changes[advisory.id]) for advisory in packages[name]]
        yield name, _ENCODER.encode(sorted(found, key=lambda advisory: (advisory.id, advisory.modified or 0)))


def _dated(advisory: Advisory, changes: list[int | None]) -> Advisory:
    """Return the advisory with the time at which the next newer copy of its record was changed.

    An index does not depend on the time of the run, and a copy that claims to be changed in the future must not
    replace another one today; so the matcher compares that time with its own. A copy without a date is kept.
    """
    if len(changes) == 1 or advisory.modified is None:
        return advisory
    newer = [change for change in changes if change is not None and change > advisory.modified]
    return msgspec.structs.replace(advisory, superseded=min(newer)) if newer else advisory


def _prefix(record: OsvRecord) -> str:
    return record.id.partition("-")[0]


def _refuse_empty(totals: _Totals, where: str) -> None:
    if totals.packages == 0:
        contents = f"{plural(totals.records, 'record')}, none of PyPI" if totals.records else "no record"
        raise UnavailableError(
            f"advisories {where}: has {contents}",
            hint="Use OSV's PyPI snapshot, or a folder of OSV records of PyPI, with --advisories.",
        )


def _forget_old(path: Path) -> None:
    """Delete all but the newest indexes; one that another process has open stays readable there."""
    with contextlib.suppress(OSError):
        others = [other for other in path.parent.glob("*.sqlite") if other != path]
        others.sort(key=lambda other: other.stat().st_mtime, reverse=True)
        for other in others[KEPT_INDEXES - 1 :]:
            other.unlink(missing_ok=True)


def _cannot_write(path: Path, error: Exception) -> OutputError:
    return OutputError(
        f"{path}: cannot be written: {error}",
        hint="Check free space and permissions of the cache folder, then run again.",
    )
