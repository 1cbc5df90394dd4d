"""Downloaded distribution files that had a locked hash, kept by that hash below the user's cache folder.

An entry is only ever used after its bytes were hashed again while they were copied out: one that was damaged or exchanged
is removed, and counts as absent. What is kept is bounded: the files that were used longest ago give way.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import tempfile
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import IO

from ops.supply_chain.core.digests import CHUNK_BYTES, sha256_bytes
from ops.supply_chain.core.errors import OutputError

FOLDER = "files"
CHOICES = "chosen"
MOST_BYTES = 2_000_000_000
"""All kept files together; a project of 100 pins has about 200 MB."""

SPOOL_BYTES = 8 << 20
"""A file that is copied out is in memory up to this size."""

LEFT_OVER_SECONDS = 3600
"""Age of a temporary file that no running process writes any more."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+!-]{0,254}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_PREFIX = "sha256:"


class VerifiedFiles:
    """Files by SHA-256: `CACHE/files/<two digits>/<sha256>-<name>`, readable by the user only.

    `CACHE/files/chosen/` notes for what a file was chosen: which of the files of a release an interpreter installs.

    Args:
        cache: The user's cache folder.
        most_bytes: What all files together may have.
    """

    def __init__(self, cache: Path, *, most_bytes: int = MOST_BYTES) -> None:
        self._folder = cache / FOLDER
        self._most_bytes = most_bytes

    def keep(self, name: str, file: IO[bytes], allowed: Collection[str], *, chosen: str = "") -> str:
        """Keep a file, if its bytes have an allowed SHA-256.

        Args:
            name: Of the file, as installers need it; one that is no plain name is not kept.
            file: Its bytes; seekable.
            allowed: Locked hashes, `<algorithm>:<hex>`.
            chosen: What this file is the choice for, any text; it takes the place of an earlier choice.
        Returns:
            Its SHA-256 if it is kept, else empty.
        Raises:
            OutputError: The cache cannot be written.
        """
        wanted = {digest.removeprefix(_PREFIX) for digest in allowed if digest.startswith(_PREFIX)}
        if not wanted or not _NAME.fullmatch(name):
            return ""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor, temporary = tempfile.mkstemp(dir=self._folder, prefix=".", suffix=".tmp")
        except OSError as error:
            raise _cannot_write(self._folder, error) from error
        try:
            with os.fdopen(descriptor, "wb") as copy:
                sha256, size = _copied(file, copy)
            if sha256 not in wanted or size > self._most_bytes:
                return ""
            target = self._shard(sha256) / f"{sha256}-{name}"
            target.parent.mkdir(exist_ok=True)
            Path(temporary).replace(target)
            if chosen:
                self._choose(chosen, sha256)
        except OSError as error:
            raise _cannot_write(self._folder, error) from error
        finally:
            Path(temporary).unlink(missing_ok=True)
        return sha256

    @contextlib.contextmanager
    def opened(self, sha256: str) -> Iterator[IO[bytes] | None]:
        """Give a copy of a kept file, hashed while it was copied; None if it is not kept, or was not what it should be."""
        with tempfile.SpooledTemporaryFile(SPOOL_BYTES) as copy:
            whole = any(_copied_whole(path, sha256, copy) for path in self._entries(sha256))
            copy.seek(0)
            yield copy if whole else None

    def place(self, chosen: Iterable[str], folder: Path) -> int:
        """Copy kept files into a folder, under their names, for an installer that checks their hashes itself.

        Args:
            chosen: What they are the choices for; where nothing is kept that was chosen for it, there is no file.
            folder: Exists, and is empty.
        Returns:
            How many files there are.
        """
        count = 0
        for sha256 in sorted(set().union(*map(self._chosen, chosen))):
            for entry in self._entries(sha256)[:1]:
                with self.opened(sha256) as file, contextlib.suppress(OSError):
                    if file is not None:
                        with (folder / entry.name[len(sha256) + 1 :]).open("xb") as copy:
                            _copied(file, copy)
                        count += 1
        return count

    def trim(self, now: datetime) -> None:
        """Remove the files that were used longest ago, until the others are within the bound; and what a killed run left."""
        found = []
        with contextlib.suppress(OSError):
            for path in self._folder.glob(".*.tmp"):
                if path.stat().st_mtime < now.timestamp() - LEFT_OVER_SECONDS:
                    path.unlink(missing_ok=True)
            for path in self._folder.glob("??/*"):
                status = path.lstat()
                found.append((status.st_mtime_ns, status.st_size, path))
        left = sum(size for _, size, _ in found)
        for _, size, path in sorted(found):
            if left <= self._most_bytes:
                return
            with contextlib.suppress(OSError):
                path.unlink()
                left -= size

    def _entries(self, sha256: str) -> list[Path]:
        if not _SHA256.fullmatch(sha256):
            return []
        with contextlib.suppress(OSError):
            return sorted(
                path for path in self._shard(sha256).iterdir() if path.name.startswith(f"{sha256}-") and path.is_file()
            )
        return []

    def _choose(self, key: str, sha256: str) -> None:
        """Note a choice in the name of an empty file, which cannot be half written."""
        digest = sha256_bytes(key.encode())
        folder = self._folder / CHOICES
        folder.mkdir(exist_ok=True)
        for earlier in folder.glob(f"{digest}-*"):
            if earlier.name != f"{digest}-{sha256}":
                earlier.unlink(missing_ok=True)
        (folder / f"{digest}-{sha256}").touch()

    def _chosen(self, key: str) -> set[str]:
        digest = sha256_bytes(key.encode())
        with contextlib.suppress(OSError):
            return {path.name.partition("-")[2] for path in (self._folder / CHOICES).glob(f"{digest}-*")}
        return set()

    def _shard(self, sha256: str) -> Path:
        return self._folder / sha256[:2]


def _copied_whole(path: Path, sha256: str, copy: IO[bytes]) -> bool:
    """Copy an entry out if it is what its name says; else remove it, and leave the copy empty."""
    try:
        with path.open("rb") as file:
            found, _ = _copied(file, copy)
        if found == sha256:
            with contextlib.suppress(OSError):
                os.utime(path)  # used now
            return True
        path.unlink()
    except OSError:
        pass
    copy.seek(0)
    copy.truncate()
    return False


def _copied(file: IO[bytes], copy: IO[bytes]) -> tuple[str, int]:
    """Copy a file from its beginning; return the SHA-256 and the number of the bytes that were copied."""
    digest, size = hashlib.sha256(), 0
    file.seek(0)
    while piece := file.read(CHUNK_BYTES):
        copy.write(piece)
        digest.update(piece)
        size += len(piece)
    return digest.hexdigest(), size


def _cannot_write(folder: Path, error: OSError) -> OutputError:
    return OutputError(
        f"{folder}: cannot be written: {error.strerror or error}",
        hint="Check free space and permissions of the cache folder, then run again.",
    )
