"""Reading a `.zip` that has exactly one reading: by its directory or from its start, the same files come out.

The entries lie one after the other from the first byte, the directory follows, and its end record is the end of the
file. The header of an entry agrees with the directory, and an entry's packed bytes end where it ends.
Without ZIP64, encryption, other methods than deflate, and fields that could rename a file.

Source: APPNOTE.TXT 6.3.10, sections 4.3 to 4.5; https://github.com/python/cpython/issues/49083 (entries that overlap).
"""

from __future__ import annotations

import re
import stat
import struct
import zlib
from collections.abc import Iterator
from typing import IO, NamedTuple

from ops.supply_chain.core.digests import CHUNK_BYTES

MOST_DIRECTORY_BYTES = 4 * CHUNK_BYTES
_LOCAL, _CENTRAL, _END, _DESCRIPTOR = b"PK\3\4", b"PK\1\2", b"PK\5\6", b"PK\7\x08"
_LOCAL_FORM = struct.Struct("<4s5H3L2H")
_CENTRAL_FORM = struct.Struct("<4s6H3L5H2L")
_END_FORM = struct.Struct("<4s4H2LH")
_SIZES = struct.Struct("<3L")
_STORED, _DEFLATED = 0, 8
_DEFLATE_VERSION = 20
"""Version 2.0 of the format has folders and deflate (APPNOTE 4.4.3.2)."""

_SIZES_FOLLOW, _UTF_8, _LEVEL = 0x8, 0x800, 0x6
_FIELDS = frozenset({0x5455, 0x5855, 0x7875, 0x000A})
"""Extra fields that are allowed: times and owners (Info-ZIP's, NTFS's)."""

_COMMENT = re.compile(rb"(?:[0-9a-f]{40}|[0-9a-f]{64})?")
"""None, or the commit that `git archive` writes."""

_LARGEST_COMMENT = 64


class ZipMember(NamedTuple):
    """A file or folder in the archive; its bytes have to be read before the next one is asked for."""

    path: str
    is_folder: bool
    pieces: Iterator[bytes]


class ZipMemberError(ValueError):
    """A member is no plain file; the arguments are its name and why."""


class _Entry(NamedTuple):
    name: bytes
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    kind: int
    start: int
    needed: int

    @property
    def path(self) -> str:
        return self.name.decode("utf-8" if self.flags & _UTF_8 else "cp437", "backslashreplace")


def zip_members(file: IO[bytes], most_entries: int) -> Iterator[ZipMember]:
    """Yield the members in the order in which they lie in the file.

    Args:
        file: The `.zip`.
        most_entries: The most entries that it may have.
    Raises:
        ValueError: It has more than one reading, or none; `zlib.error` and `EOFError` where it is damaged.
    """
    entries, directory = _directory(file, most_entries)
    at = 0
    for entry in sorted(entries, key=lambda entry: entry.start):
        if entry.start != at:
            raise ValueError("holds bytes that belong to no entry, or entries that overlap")
        file.seek(at)
        _require_plain(entry)
        _require_same(file, entry)
        pieces = _pieces(file, entry)
        yield ZipMember(entry.path, entry.name.endswith(b"/"), pieces)
        for _ in pieces:
            pass
        at = file.tell()
        if entry.flags & _SIZES_FOLLOW:
            at += _descriptor(file, entry)
    if at != directory:
        raise ValueError("holds bytes between the entries and the directory")


def _directory(file: IO[bytes], most: int) -> tuple[list[_Entry], int]:
    """Return the entries and where the directory begins."""
    end_at, count, size, start = _end(file)
    if size > MOST_DIRECTORY_BYTES:
        raise ValueError("a header is larger than allowed")
    if start + size != end_at:
        raise ValueError("its directory does not end where the end record begins")
    if count > most:
        raise ValueError(f"holds more than {most} entries")
    file.seek(start)
    data = _exactly(file, size)
    entries = []
    for _ in range(count):
        entry, data = _entry(data)
        entries.append(entry)
    if data:
        raise ValueError("holds bytes in its directory that belong to no entry")
    if len({entry.name for entry in entries}) != len(entries):
        raise ValueError("names a file twice")
    return entries, start


def _end(file: IO[bytes]) -> tuple[int, int, int, int]:
    """Return where the end record begins, how many entries there are, and the directory's size and start."""
    whole = file.seek(0, 2)
    for comment in (0, 40, _LARGEST_COMMENT):
        at = whole - _END_FORM.size - comment
        if at < 0:
            break
        file.seek(at)
        data = _exactly(file, _END_FORM.size + comment)
        kind, disk, first, here, count, size, start, length = _END_FORM.unpack(data[: _END_FORM.size])
        if kind == _END and length == comment and _COMMENT.fullmatch(data[_END_FORM.size :]):
            if disk or first or here != count or count == 0xFFFF or start == 0xFFFFFFFF:  # noqa: PLR2004 - APPNOTE 4.4.1.4
                raise ValueError("has several parts, or is of the kind ZIP64, which is not read")
            return at, count, size, start
    raise ValueError("does not end with the end record of a ZIP file")


def _entry(data: bytes) -> tuple[_Entry, bytes]:
    if len(data) < _CENTRAL_FORM.size:
        raise EOFError("its directory ends too early")
    (kind, _, needed, flags, method, _, _, crc, packed, size, named, extra, comment, disk, _, attributes, start) = (
        _CENTRAL_FORM.unpack(data[: _CENTRAL_FORM.size])
    )
    rest = data[_CENTRAL_FORM.size :]
    if kind != _CENTRAL or disk or comment or len(rest) < named + extra:
        raise ValueError("has a directory that is malformed, or remarks in it")
    _require_fields(rest[named : named + extra])
    found = _Entry(rest[:named], flags, method, crc, packed, size, stat.S_IFMT(attributes >> 16), start, needed)
    return found, rest[named + extra :]


def _require_same(file: IO[bytes], entry: _Entry) -> None:
    """Compare the header of an entry with the directory; the file is then at its packed bytes."""
    kind, needed, flags, method, _, _, *sizes, named, extra = _LOCAL_FORM.unpack(_exactly(file, _LOCAL_FORM.size))
    _require_version(needed)
    name = _exactly(file, named)
    _require_fields(_exactly(file, extra))
    told = [entry.crc, entry.packed, entry.size]
    same = sizes == told or (flags & _SIZES_FOLLOW and sizes == [0, 0, 0])
    if kind != _LOCAL or (flags, method, name) != (entry.flags, entry.method, entry.name) or not same:
        raise ValueError(f"{entry.path!r} is described in two ways")


def _require_plain(entry: _Entry) -> None:
    folder = entry.name.endswith(b"/")
    if entry.kind not in (0, stat.S_IFDIR if folder else stat.S_IFREG):
        raise ZipMemberError(entry.path, "is no plain file")
    if entry.method not in (_STORED, _DEFLATED):
        raise ZipMemberError(entry.path, "is packed by a method other than deflate")
    if entry.flags & ~(_SIZES_FOLLOW | _UTF_8 | _LEVEL):
        raise ZipMemberError(entry.path, "is encrypted, or packed in another way that is not read")
    if entry.method == _STORED and (entry.packed != entry.size or (entry.flags & _SIZES_FOLLOW and entry.size)):
        raise ZipMemberError(entry.path, "does not say where it ends")
    if folder and entry.size:
        raise ZipMemberError(entry.path, "is a folder with bytes of its own")
    _require_version(entry.needed)


def _require_version(needed: int) -> None:
    if needed > _DEFLATE_VERSION:
        raise ValueError("needs a newer program than this one")


def _require_fields(data: bytes) -> None:
    while data:
        if len(data) < 4:  # noqa: PLR2004 - APPNOTE 4.5.1: two numbers of two bytes
            raise ValueError("has an extra field that is malformed")
        kind, size = struct.unpack("<2H", data[:4])
        if kind not in _FIELDS or len(data) < 4 + size:
            raise ValueError("has an extra field that is not understood")
        data = data[4 + size :]


def _pieces(file: IO[bytes], entry: _Entry) -> Iterator[bytes]:
    """Unpack an entry; the file is then at its end."""
    end = file.tell() + entry.packed
    crc = size = 0
    for piece in _unpacked(file, entry):
        crc, size = zlib.crc32(piece, crc), size + len(piece)
        if size > entry.size:
            break
        yield piece
    if (crc, size) != (entry.crc, entry.size):
        raise ValueError(f"{entry.path!r} has other bytes than it says")
    file.seek(end)


def _unpacked(file: IO[bytes], entry: _Entry) -> Iterator[bytes]:
    left = entry.packed
    inflate = zlib.decompressobj(-zlib.MAX_WBITS)
    while left:
        packed = _exactly(file, min(left, CHUNK_BYTES))
        left -= len(packed)
        if entry.method == _STORED:
            yield packed
            continue
        while packed and not inflate.eof:
            yield inflate.decompress(packed, CHUNK_BYTES)
            packed = inflate.unconsumed_tail
        if inflate.unused_data or (inflate.eof and left):
            raise ValueError(f"{entry.path!r} has bytes after its end")
    if entry.method == _DEFLATED:
        yield inflate.flush()
        if not inflate.eof:
            raise EOFError("a file in it ends too early")


def _descriptor(file: IO[bytes], entry: _Entry) -> int:
    """Check the sizes after an entry, and return how many bytes they take."""
    told = _SIZES.pack(entry.crc, entry.packed, entry.size)
    data = file.read(len(_DESCRIPTOR) + _SIZES.size)
    for form in (_DESCRIPTOR + told, told):
        if data.startswith(form):
            return len(form)
    raise ValueError(f"{entry.path!r} is described in two ways")


def _exactly(file: IO[bytes], size: int) -> bytes:
    data = file.read(size)
    if len(data) != size:
        raise EOFError("it ends too early")
    return data
