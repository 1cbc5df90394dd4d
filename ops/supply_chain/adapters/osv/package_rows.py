"""The rows of an index about some packages, each checked by its digest instead of the whole file.

Checking a whole index reads 25 MB, more than the rest of a scan with one lock. The index has a directory: the digest of each package's
row, and the facts of the feed. It is read first and has a digest itself, so that neither a changed row nor one that is
gone can pass for an answer.
"""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

import msgspec

from ops.supply_chain.adapters.osv.feed_index import (
    ADVISORIES,
    DAMAGE,
    Index,
    damaged_index,
    index_path,
    open_index,
    package_rows,
)
from ops.supply_chain.adapters.osv.index_totals import IndexDirectory
from ops.supply_chain.contracts.values.advisory import Advisory, FeedFacts
from ops.supply_chain.core.errors import UnavailableError

_DIRECTORY = msgspec.msgpack.Decoder(IndexDirectory)


class PackageRows:
    """What an index has about some packages, read when it is made.

    Args:
        path: The index file.
        name: The feed's name.
        sha256: The feed that it must be of.
        packages: PEP 503 names.
    Raises:
        UnavailableError: The file is no index of that feed, or what is read of it is damaged.
    """

    def __init__(self, path: Path, *, name: str, sha256: str, packages: Collection[str]) -> None:
        self.sha256 = sha256
        self._name, self._path, self._wanted = name, path, frozenset(packages)
        self._whole: Index | None = None
        try:
            with contextlib.closing(open_index(path)) as database:
                self._directory = _read_directory(database, sha256)
                rows = self._directory.rows
                self._found = dict(_read_rows(database, {name: rows[name] for name in self._wanted & rows.keys()}))
        except DAMAGE as error:
            raise damaged_index(path, error) from error

    def advisories(self, packages: Iterable[str]) -> dict[str, tuple[Advisory, ...]]:
        """Return the records of packages, as `Index.advisories` does.

        Raises:
            ValueError: The index was not read for one of them: that it has no record would be a false answer.
        """
        wanted = frozenset(packages)
        if not wanted <= self._wanted:
            raise ValueError(f"the index was not read for {', '.join(sorted(wanted - self._wanted))}")
        return {name: found for name, found in self._found.items() if name in wanted}

    def facts(self, now: int) -> FeedFacts:
        """Return the facts of the feed at a time in Unix seconds, as `Index.facts` does."""
        return self._directory.facts(self._name, now)

    def document(self, record: str) -> bytes | None:
        """Return one record's bytes, as `Index.document` does; before the first of them the whole index is checked.

        Raises:
            UnavailableError: The index is damaged, and was deleted if possible: what is read of it for the next answer
                may be in order, and it would never be built again.
        """
        try:
            if self._whole is None:
                self._whole = Index(self._path, name=self._name, sha256=self.sha256)
            return self._whole.document(record)
        except UnavailableError as error:
            try:
                self._path.unlink(missing_ok=True)
            except OSError:
                raise error from None
            raise UnavailableError(error.message, hint="Run it again: the index is built again.") from error

    def close(self) -> None:
        """Close the file, where it is open for documents."""
        if self._whole is not None:
            self._whole.close()


def find_packages(cache: Path, sha256: str, *, name: str, packages: Collection[str]) -> PackageRows | None:
    """Return what the index of a feed has about some packages; None if there is none, or what is read of it is damaged."""
    path = index_path(cache, sha256)
    if not path.is_file():
        return None
    try:
        return PackageRows(path, name=name, sha256=sha256, packages=packages)
    except UnavailableError:
        return None


def _read_directory(database: sqlite3.Connection, sha256: str) -> IndexDirectory:
    row = database.execute("select data, sha256 from directory").fetchone()
    if row is None or not isinstance(row[0], bytes) or hashlib.sha256(row[0]).hexdigest() != row[1]:
        raise sqlite3.DatabaseError("its directory is not what was written")
    directory = _DIRECTORY.decode(row[0])
    if directory.totals.sha256 != sha256:
        raise sqlite3.DatabaseError("it is the index of another feed")
    return directory


def _read_rows(database: sqlite3.Connection, digests: dict[str, bytes]) -> Iterator[tuple[str, tuple[Advisory, ...]]]:
    """Yield the records of the packages of some digests, sorted.

    Raises:
        sqlite3.DatabaseError: A row is missing, or is not what was written.
    """
    missing = dict(digests)
    for name, row in package_rows(database, sorted(digests)):
        if not isinstance(row, bytes) or hashlib.sha256(row).digest() != missing.pop(name, None):
            raise sqlite3.DatabaseError(f"its row about {name} is not what was written")
        yield name, ADVISORIES.decode(row)
    if missing:
        raise sqlite3.DatabaseError(f"it has no row about {min(missing)}")
