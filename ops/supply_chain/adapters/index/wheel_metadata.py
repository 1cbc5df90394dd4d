"""Core metadata out of a distribution file, in memory, without unpacking anything.

A wheel may be available in part only: reading beyond that raises `NeedsRange`, whose bytes the caller
fetches and adds before trying again. Sizes are bounded, because an archive's maker chooses them.

Source: https://packaging.python.org/en/latest/specifications/binary-distribution-format/ and
.../source-distribution-format/.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zipfile
import zlib
from typing import IO

from ops.supply_chain.adapters.http.failure import Failed

MAX_METADATA_BYTES = 8 << 20
"""One METADATA or PKG-INFO, its description included."""

MAX_UNPACKED_BYTES = 512 << 20
"""How far into a compressed tar we look for PKG-INFO."""

READ_AHEAD_BYTES = 64 << 10

_BROKEN = (
    *(zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, struct.error),
    *(EOFError, OSError, ValueError, NotImplementedError, RuntimeError, OverflowError, IndexError, KeyError),
)


class NeedsRange(Exception):  # noqa: N818 - not an error: a request to the caller
    """Bytes `start` to before `end` are wanted and not known yet."""

    def __init__(self, start: int, end: int) -> None:
        super().__init__(start, end)
        self.start = start
        self.end = end


class PartialFile(io.RawIOBase):
    """A file of known size, of which some parts are known.

    Args:
        size: Of the whole file, in bytes.
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size
        self._parts: list[tuple[int, bytes]] = []
        self._position = 0

    def add(self, start: int, data: bytes) -> None:
        """Make the bytes from `start` on known."""
        self._parts.append((start, data))

    def seekable(self) -> bool:
        """Return True: it can be read anywhere."""
        return True

    def readable(self) -> bool:
        """Return True."""
        return True

    def tell(self) -> int:
        """Return the position."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move the position, as `io.IOBase.seek` does."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.size}[whence]
        if start + offset < 0:
            raise ValueError("before the start of the file")
        self._position = start + offset
        return self._position

    def read(self, size: int | None = -1) -> bytes:
        """Read from the position on.

        Raises:
            NeedsRange: Some of these bytes are not known.
        """
        wanted = self.size - self._position if size is None or size < 0 else size
        end = min(self._position + wanted, self.size)
        if end <= self._position:
            return b""
        for start, data in self._parts:
            if start <= self._position and end <= start + len(data):
                found = data[self._position - start : end - start]
                self._position = end
                return found
        raise NeedsRange(self._position, end)


def wheel_metadata(wheel: IO[bytes] | PartialFile) -> bytes:
    """Return the METADATA of a wheel.

    Raises:
        NeedsRange: More of a partial file has to be known.
        Failed: No wheel, not one METADATA, or a METADATA beyond its size.
    """
    try:
        with zipfile.ZipFile(wheel) as archive:
            members = [member for member in archive.infolist() if _is_metadata(member.filename)]
            if len(members) != 1:
                raise Failed(f"is a wheel with {len(members)} METADATA files, expected 1")
            if members[0].file_size > MAX_METADATA_BYTES:
                raise Failed(f"has a METADATA of more than {MAX_METADATA_BYTES} bytes")
            with archive.open(members[0]) as handle:
                return handle.read(MAX_METADATA_BYTES)
    except _BROKEN as error:
        raise Failed(f"is no readable wheel ({type(error).__name__})") from None


def _is_metadata(path: str) -> bool:
    folder, slash, name = path.partition("/")
    return bool(slash) and folder.endswith(".dist-info") and name == "METADATA"


def source_metadata(data: bytes, filename: str) -> bytes:
    """Return the PKG-INFO at the top of a source distribution.

    Raises:
        Failed: No archive of a known kind, no PKG-INFO, or one beyond its size.
    """
    try:
        return _from_zip(data) if filename.endswith(".zip") else _from_tar(data)
    except _BROKEN as error:
        raise Failed(f"is no readable source distribution ({type(error).__name__})") from None


def _from_zip(data: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for member in archive.infolist():
            if _is_package_info(member.filename):
                with archive.open(member) as handle:
                    return _bounded(handle)
    raise Failed("is a source distribution without PKG-INFO")


def _from_tar(data: bytes) -> bytes:
    with tarfile.open(fileobj=_LimitedReader(_unpacked(data)), mode="r|") as archive:
        for member in archive:
            handle = archive.extractfile(member) if member.isreg() and _is_package_info(member.name) else None
            if handle is not None:
                return _bounded(handle)
    raise Failed("is a source distribution without PKG-INFO")


def _is_package_info(path: str) -> bool:
    parts = path.removeprefix("./").split("/")
    return len(parts) == 2 and parts[1] == "PKG-INFO"  # noqa: PLR2004 - one folder, then the file


def _bounded(handle: IO[bytes]) -> bytes:
    data = handle.read(MAX_METADATA_BYTES + 1)
    if len(data) > MAX_METADATA_BYTES:
        raise Failed(f"has a PKG-INFO of more than {MAX_METADATA_BYTES} bytes")
    return data


def _unpacked(data: bytes) -> IO[bytes]:
    source = io.BytesIO(data)
    if data.startswith(b"\x1f\x8b"):
        return gzip.GzipFile(fileobj=source)  # type: ignore[return-value]  # reads like one
    if data.startswith(b"BZh"):
        return bz2.BZ2File(source)
    if data.startswith(b"\xfd7zXZ"):
        return lzma.LZMAFile(source)
    return source


class _LimitedReader(io.RawIOBase):
    """Reads from another file, and refuses to go on where an archive unpacks to more than is sane."""

    def __init__(self, source: IO[bytes]) -> None:
        super().__init__()
        self._source = source
        self._left = MAX_UNPACKED_BYTES

    def read(self, size: int | None = -1) -> bytes:
        data = self._source.read(READ_AHEAD_BYTES if size is None or size < 0 else size)
        self._left -= len(data)
        if self._left < 0:
            raise Failed(f"unpacks to more than {MAX_UNPACKED_BYTES} bytes")
        return data
