"""What is kept of a feed in the cache: its index, or until that is written the zip of an address as it came.

A new zip that is large is not indexed before the first answer if the packages are known that it is asked about: these are read from the
zip (`feed_scan`), and a process of its own writes the index afterwards (`index_later`). All other feeds are indexed at once.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Collection
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ops.supply_chain.adapters.osv.archive import MOST_ARCHIVE_BYTES, REMEDY, FolderDigest, ZipRecords, read_folder
from ops.supply_chain.adapters.osv.feed_index import (
    KEPT_INDEXES,
    Index,
    IndexKind,
    build,
    forget_zip,
    index_path,
    is_whole,
    kept_zip,
)
from ops.supply_chain.adapters.osv.package_rows import PackageRows, find_packages
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.errors import UnavailableError

if TYPE_CHECKING:
    from ops.supply_chain.adapters.osv.feed_scan import FeedScan


_SCANS: dict[tuple[str, str, frozenset[str] | None], FeedScan] = {}
"""The last feed that was read in this process, by its digest, name and packages: a stage asks for vulnerabilities, then for malware."""


class FeedKeeper:
    """Keeps a feed in a cache, and opens it.

    Args:
        cache: The user's cache folder.
        kind: Which packages of the feed are asked about.
        name: What the feed is called in records.
        packages: The names (PEP 503) that it is asked about, None if they are not known.
    """

    def __init__(self, cache: Path, kind: IndexKind, *, name: str, packages: Collection[str] | None = None) -> None:
        self._cache, self._kind, self._name = cache, kind, name
        self._packages = None if packages is None else frozenset(packages)
        self._index: PackageRows | None = None
        self._scan: FeedScan | None = None
        self._scanned = Path()
        self._zip: tuple[str, bytes] = ("", b"")

    def keep_file(self, path: Path) -> str:
        """Keep what is needed of a zip, and return its SHA-256.

        Raises:
            UnavailableError: It cannot be read, is damaged or has no record of PyPI.
            OutputError: The cache cannot be written.
        """
        return self._keep(_read(path), str(path), path)

    def keep_folder(self, path: Path) -> str:
        """Make sure that a folder is indexed: read once for its digest, and again only where it is new.

        Raises:
            UnavailableError: It cannot be read, changes meanwhile or has no record of PyPI.
            OutputError: The cache cannot be written.
        """
        first, again = FolderDigest(), FolderDigest()
        deque(first.update_from(read_folder(path)), maxlen=0)
        sha256 = first.sha256()
        if not self._is_indexed(sha256):
            target = index_path(self._cache, sha256, self._kind)
            build(target, again.update_from(read_folder(path)), sha256=sha256, where=str(path), kind=self._kind)
            if again.sha256() != sha256:
                target.unlink(missing_ok=True)
                raise UnavailableError(f"advisories {path}: changed while it was read", hint="Run again.")
        return sha256

    def keep_download(self, data: bytes, cache: Path, where: str) -> str:
        """Keep what is needed of the zip of an address, as `local_copy.Keeper`."""
        return self._keep(data, where, kept_zip(cache, sha256_bytes(data)))

    def is_kept(self, cache: Path, sha256: str) -> bool:
        """Return True if the index of an address's feed is intact, or the zip is there that it is made from."""
        if self._is_indexed(sha256):
            return True
        if self._kind is IndexKind.PYPI:
            with suppress(OSError):
                data = kept_zip(cache, sha256).read_bytes()
                if sha256_bytes(data) == sha256:
                    self._zip = (sha256, data)
                    return True
        return self._is_indexed(sha256)  # it was written meanwhile, and the zip deleted

    def open(self, sha256: str, where: str) -> Index | PackageRows | FeedScan:
        """Open a feed that was kept.

        Args:
            sha256: Of the feed.
            where: Its name in errors.
        Raises:
            UnavailableError: The index is damaged.
            OutputError: The cache cannot be written.
        """
        kept, data = self._zip
        if self._scan is None and kept == sha256:
            self._keep(data, where, kept_zip(self._cache, sha256))
        if self._scan is not None:
            return self._scan
        if self._index is not None and self._index.sha256 == sha256:
            return self._index
        path = index_path(self._cache, sha256, self._kind)
        if self._packages is not None and self._kind is IndexKind.PYPI:
            return PackageRows(path, name=self._name, sha256=sha256, packages=self._packages)
        return Index(path, name=self._name, sha256=sha256, checked=True)

    @property
    def later(self) -> Callable[[], None] | None:
        """What is to be done once the feed was read: the start of its indexing, where it was opened without an index."""
        if self._scan is None:
            return None
        from ops.supply_chain.adapters.osv.index_later import start_indexing

        return partial(start_indexing, self._scanned, self._cache)

    def _keep(self, data: bytes, where: str, source: Path) -> str:
        if len(data) > MOST_ARCHIVE_BYTES:
            raise UnavailableError(f"advisories {where}: is larger than {MOST_ARCHIVE_BYTES} bytes", hint=REMEDY)
        sha256 = sha256_bytes(data)
        if self._is_indexed(sha256):
            return sha256
        records = ZipRecords(data, where=where)
        key = (sha256, self._name, self._packages)
        scan = _SCANS.get(key) or self._scanned_feed(records, sha256, where)
        if scan is not None:
            _SCANS.clear()
            _SCANS[key] = scan
            if source == kept_zip(self._cache, sha256) and self._zip[0] != sha256:
                _write_zip(source, data)
            self._scan, self._scanned = scan, source
            return sha256
        target = index_path(self._cache, sha256, self._kind)
        build(target, records, sha256=sha256, where=where, kind=self._kind)
        if self._kind is IndexKind.PYPI:
            forget_zip(self._cache, sha256)
        return sha256

    def _is_indexed(self, sha256: str) -> bool:
        """Return True if the index of a feed is there and intact: all of it, or its rows about the packages if they are known."""
        if self._packages is None or self._kind is not IndexKind.PYPI:
            return is_whole(self._cache, sha256, self._kind)
        self._index = find_packages(self._cache, sha256, name=self._name, packages=self._packages)
        return self._index is not None

    def _scanned_feed(self, records: ZipRecords, sha256: str, where: str) -> FeedScan | None:
        """Return what a large feed has about the packages, None if it is to be indexed first."""
        if self._kind is not IndexKind.PYPI or self._packages is None or not hasattr(os, "posix_spawn"):
            return None  # on Windows no process would write the index afterwards
        # An index is there in most runs, and these need none of it.
        from ops.supply_chain.adapters.osv.feed_parts import is_large
        from ops.supply_chain.adapters.osv.feed_scan import scan_feed

        if not is_large(records):
            return None
        return scan_feed(records, self._packages, name=self._name, sha256=sha256, where=where)


def _write_zip(path: Path, data: bytes) -> None:
    """Write the zip of an address, also over one that is damaged, and delete old ones that were never indexed."""
    from ops.supply_chain.core.files import write_atomic

    write_atomic(path, data, durable=False)
    with suppress(OSError):
        others = sorted(path.parent.glob("*.zip"), key=lambda other: other.stat().st_mtime, reverse=True)
        for other in others[KEPT_INDEXES:]:
            other.unlink(missing_ok=True)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as handle:
            return handle.read(MOST_ARCHIVE_BYTES + 1)
    except OSError as error:
        raise UnavailableError(f"advisories {path}: cannot be read: {error.strerror or error}", hint=REMEDY) from error
