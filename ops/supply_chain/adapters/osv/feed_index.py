"""An advisory feed indexed by package in one SQLite file, built once for each digest of the feed.

The file's name has the feed's SHA-256 and the format. It is built under another name and renamed when it is
complete, so a killed build is never taken for an index. Each package's records are in one row, so that a run reads
only the packages it has; the original records are stored as well, compressed.

The packages of PyPI and those of all other ecosystems of a feed have an index each (`IndexKind`). The second one is built row
by row, because a distribution's feed has more text than memory, and has no original records.
"""

from __future__ import annotations

import contextlib
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

import msgspec

from ops.supply_chain.adapters.files.index_file import write_index
from ops.supply_chain.adapters.osv.archive import ArchiveMember, PackedRecord, unpack
from ops.supply_chain.adapters.osv.index_totals import IndexTotals
from ops.supply_chain.contracts.values.advisory import INDEX_FORMAT, Advisory, FeedFacts, UnusableRecord
from ops.supply_chain.core.errors import UnavailableError

FOLDER = "advisories"
KEPT_INDEXES = 4
"""Number of indexes kept in the cache; a daily feed would otherwise leave one per day."""

KEPT_OTHERS = 32
"""The same for other ecosystems, each of which has a feed of its own."""

PYPI_FORMAT = 5
"""Layout of the rows about packages of PyPI."""

OTHERS_FORMAT = 5
"""Layout of the rows of other ecosystems, and their keys."""

DAMAGE = (sqlite3.Error, msgspec.DecodeError, UnicodeDecodeError, TypeError)
"""What reading a damaged index raises: what was text may be none, or of another type."""

_CHUNK = 500
_OTHERS_MARK = ".others-"
ADVISORIES = msgspec.msgpack.Decoder(tuple[Advisory, ...])
"""Reads the row of a package."""


class IndexKind(StrEnum):
    """Which packages of a feed an index has."""

    PYPI = "pypi"
    OTHERS = "others"


class EcosystemCount(NamedTuple):
    """How many records name a package of an ecosystem, and how many of those are about malicious packages."""

    records: int
    malware: int


def index_path(cache: Path, sha256: str, kind: IndexKind = IndexKind.PYPI) -> Path:
    """Return the path of a feed's index in a cache; it need not exist."""
    form = (
        f"v{INDEX_FORMAT}.{PYPI_FORMAT}" if kind is IndexKind.PYPI else f"v{INDEX_FORMAT}{_OTHERS_MARK}{OTHERS_FORMAT}"
    )
    return cache / FOLDER / f"{sha256}.{form}.sqlite"


def kept_zip(cache: Path, sha256: str) -> Path:
    """Return the path of the zip of an address in a cache, which is there until its index is."""
    return cache / FOLDER / f"{sha256}.zip"


def forget_zip(cache: Path, sha256: str) -> None:
    """Delete the zip of an address, whose index was written."""
    with contextlib.suppress(OSError):
        kept_zip(cache, sha256).unlink(missing_ok=True)


def is_whole(cache: Path, sha256: str, kind: IndexKind = IndexKind.PYPI) -> bool:
    """Return True if a feed's index exists and is intact; a damaged one can be rebuilt."""
    path = index_path(cache, sha256, kind)
    if not path.is_file():
        return False
    try:
        with Index(path, name="", sha256=sha256):
            return True
    except UnavailableError:
        return False


def build(
    path: Path,
    records: Iterable[ArchiveMember],
    *,
    sha256: str,
    where: str,
    kind: IndexKind = IndexKind.PYPI,
) -> None:
    """Index a feed.

    Args:
        path: The index to write; its folder is created if missing.
        records: All members of the feed.
        sha256: Of the feed, stored in the index.
        where: The feed's name in errors.
        kind: The packages to index; a feed without any of other ecosystems is none that is empty.
    Raises:
        UnavailableError: The feed cannot be read, or has no record of PyPI where those are indexed.
        OutputError: The cache cannot be written.
    """
    from ops.supply_chain.adapters.osv.index_rows import fill, fill_others

    def filled(database: sqlite3.Connection) -> None:
        if kind is IndexKind.PYPI:
            fill(database, records, sha256=sha256, where=where)
        else:
            fill_others(database, records, sha256=sha256)

    write_index(path, filled)
    _forget_old(path)


class Index:
    """One index, open for reading; use it as a context manager.

    Args:
        path: The index file.
        name: The feed's name.
        sha256: The feed that it must be of.
        checked: True where `is_whole` has just read all of it, so that this need not be done twice.
    Raises:
        UnavailableError: The file is not a whole index of that feed.
    """

    def __init__(self, path: Path, *, name: str, sha256: str, checked: bool = False) -> None:
        self._name = name
        self._path = path
        try:
            self._database = open_index(path)
        except sqlite3.Error as error:
            raise self._damaged(error) from error
        try:
            self._totals = self._check(sha256, checked=checked)
        except DAMAGE as error:
            self._database.close()
            raise self._damaged(error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def _check(self, sha256: str, *, checked: bool) -> IndexTotals:
        (text,) = self._one("select facts from feed")
        totals: IndexTotals = msgspec.json.decode(text, type=IndexTotals)
        counted = (*self._one("select count(*) from package"), *self._one("select count(*) from record"))
        sound = checked or self._one("pragma quick_check(1)") == ("ok",)
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
            for name, blob in package_rows(self._database, sorted(set(packages))):
                found[name] = ADVISORIES.decode(blob)
        except DAMAGE as error:
            raise self._damaged(error) from error
        return found

    def ecosystem(self, name: str) -> EcosystemCount:
        """Return how many records of an ecosystem an index of other ecosystems has.

        Raises:
            UnavailableError: The index is damaged.
        """
        try:
            row = self._database.execute("select records, malware from ecosystem where name = ?", (name,)).fetchone()
        except sqlite3.Error as error:
            raise self._damaged(error) from error
        return EcosystemCount(*row) if row else EcosystemCount(0, 0)

    def packages_called(self, names: Iterable[str]) -> dict[str, frozenset[tuple[str, str]]]:
        """Return the packages that records are about which have some names, or pass them on from upstream.

        Args:
            names: Identifiers or aliases, in upper case.
        Returns:
            Name -> packages, each with the record; a name that no record has is left out, one of a record about no package
            has none.
        Raises:
            UnavailableError: The index is damaged.
        """
        found: dict[str, frozenset[tuple[str, str]]] = {}
        try:
            for name in sorted(set(names)):
                rows = self._database.execute("select package, record from called where name = ?", (name,)).fetchall()
                if rows:
                    found[name] = frozenset((package, record) for package, record in rows if package)
        except sqlite3.Error as error:
            raise self._damaged(error) from error
        return found

    def spelt_otherwise(self, packages: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """Return, for names, those of an index of other ecosystems that differ from them in case alone.

        Raises:
            UnavailableError: The index is damaged.
        """
        found: dict[str, tuple[str, ...]] = {}
        try:
            for name in sorted(set(packages)):
                rows = self._database.execute(
                    "select name from package where lower(name) = lower(?) and name <> ? order by name", (name, name)
                ).fetchall()
                if rows:
                    found[name] = tuple(other for (other,) in rows)
        except sqlite3.Error as error:
            raise self._damaged(error) from error
        return found

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
        except DAMAGE as error:
            raise self._damaged(error) from error
        return self._totals.facts(self._name, newest=newest, from_future=ahead, unusable=unusable)

    def document(self, record: str) -> bytes | None:
        """Return one record's bytes as the feed has them (the newest copy, if it has several), or None."""
        try:
            row = self._database.execute(
                "select size, document from record where id = ? order by modified desc", (record,)
            ).fetchone()
            return None if row is None else unpack(PackedRecord(*row))
        except (sqlite3.Error, zlib.error) as error:
            raise self._damaged(error) from error

    def _damaged(self, error: Exception) -> UnavailableError:
        return damaged_index(self._path, error)


def open_index(path: Path) -> sqlite3.Connection:
    """Open an index for reading.

    Raises:
        sqlite3.Error: It cannot be opened.
    """
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)


def package_rows(database: sqlite3.Connection, names: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    """Yield the rows of some packages: name, and records in MessagePack; without those that have none.

    Raises:
        sqlite3.Error: The index is damaged.
    """
    for start in range(0, len(names), _CHUNK):
        chunk = names[start : start + _CHUNK]
        marks = ",".join("?" * len(chunk))
        yield from database.execute(
            f"select name, advisories from package where name in ({marks})",  # noqa: S608 - question marks only
            chunk,
        )


def damaged_index(path: Path, error: Exception) -> UnavailableError:
    """Return the error of an index that is damaged."""
    return UnavailableError(
        f"advisory index {path.name}: is damaged: {error}",
        hint="Delete it from the cache folder; the next run builds it again.",
    )


def _forget_old(path: Path) -> None:
    """Delete all but the newest indexes; one that another process has open stays readable there."""
    with contextlib.suppress(OSError):
        of_others = _OTHERS_MARK in path.name
        others = [
            other
            for other in path.parent.glob("*.sqlite")
            if other != path and (_OTHERS_MARK in other.name) is of_others
        ]
        others.sort(key=lambda other: other.stat().st_mtime, reverse=True)
        for other in others[(KEPT_OTHERS if of_others else KEPT_INDEXES) - 1 :]:
            other.unlink(missing_ok=True)
