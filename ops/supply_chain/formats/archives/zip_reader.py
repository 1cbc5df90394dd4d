"""Reading a `.zip` that has exactly one reading: by its directory or from its start, the same files come out.

The entries lie one after the other from the first byte, the directory follows, and its end record is the end of the
file. The header of an entry agrees with the directory, and an entry's packed bytes end where it ends.
Without encryption, other methods than deflate, and fields that could rename a file; ZIP64 and sizes after an entry as
`ZipRules` permits them.

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
_ZIP64_END, _ZIP64_LOCATOR = b"PK\6\6", b"PK\6\7"
_LOCAL, _CENTRAL, _END, _DESCRIPTOR = b"PK\3\4", b"PK\1\2", b"PK\5\6", b"PK\7\x08"
_LOCAL_FORM = struct.Struct("<4s5H3L2H")
_CENTRAL_FORM = struct.Struct("<4s6H3L5H2L")
_END_FORM = struct.Struct("<4s4H2LH")
_SIZES = struct.Struct("<3L")
_ZIP64_END_FORM = struct.Struct("<4sQ2H2L4Q")
_ZIP64_LOCATOR_FORM = struct.Struct("<4sLQL")
_ZIP64_END_SIZE = 44
"""Of the ZIP64 end record after its own size field, without extensible data (APPNOTE 4.3.14.1)."""

_FULL, _FULL_COUNT = 0xFFFFFFFF, 0xFFFF
"""In place of a number that only ZIP64 can represent (APPNOTE 4.4.1.4)."""

_STORED, _DEFLATED = 0, 8
_DEFLATE_VERSION = 20
"""Version 2.0 of the format has folders and deflate (APPNOTE 4.4.3.2)."""

_ZIP64_VERSION = 45
_ZIP64_FIELD = 0x0001

_SIZES_FOLLOW, _UTF_8, _LEVEL = 0x8, 0x800, 0x6
_FIELDS = {0x5455: 13, 0x5855: 12, 0x7875: 19, 0x000A: 32}
"""Extra fields that are allowed, and the most bytes that each needs: times and owners (Info-ZIP's, NTFS's)."""

_COMMENT = re.compile(rb"(?:[0-9a-f]{40}|[0-9a-f]{64})?")
"""None, or the commit that `git archive` writes."""

_LARGEST_COMMENT = 64


class ZipRules(NamedTuple):
    """What an archive may have.

    `most_entries` and `most_directory_bytes` are its largest number of entries and its largest directory; `zip64` permits
    ZIP64, `descriptors` sizes that follow an entry in place of its header.
    """

    most_entries: int
    most_directory_bytes: int = MOST_DIRECTORY_BYTES
    zip64: bool = False
    descriptors: bool = True


class ZipMember(NamedTuple):
    """A file or folder in the archive; its bytes have to be read before the next one is asked for.

    `mode` has the permissions of a Unix system, 0 where the archive has none.
    """

    path: str
    is_folder: bool
    pieces: Iterator[bytes]
    mode: int = 0


class ZipMemberError(ValueError):
    """A member is no plain file; the arguments are its name and why."""


class _Entry(NamedTuple):
    name: bytes
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    mode: int
    start: int
    needed: int

    @property
    def path(self) -> str:
        return _decoded(self.name, self.flags)


def zip_members(file: IO[bytes], rules: ZipRules) -> Iterator[ZipMember]:
    """Yield the members in the order in which they lie in the file.

    Args:
        file: The `.zip`.
        rules: What it may have.
    Raises:
        ValueError: It has more than one reading, or none; `zlib.error` and `EOFError` where it is damaged.
    """
    entries, directory = _directory(file, rules)
    at = 0
    for entry in sorted(entries, key=lambda entry: entry.start):
        if entry.start != at:
            raise ValueError(_gap(file, at, entry))
        file.seek(at)
        _require_plain(entry, rules)
        _require_same(file, entry, rules)
        pieces = _pieces(file, entry)
        yield ZipMember(entry.path, entry.name.endswith(b"/"), pieces, stat.S_IMODE(entry.mode))
        for _ in pieces:
            pass
        at = file.tell()
        if entry.flags & _SIZES_FOLLOW:
            at += _descriptor(file, entry)
    if at != directory:
        raise ValueError(f"{_unlisted(file, at)}holds bytes between the entries and the directory")


def _gap(file: IO[bytes], at: int, entry: _Entry) -> str:
    if entry.start < at:
        return (
            f"{entry.path!r} overlaps the entry before it: holds bytes that belong to no entry, or entries that overlap"
        )
    return f"{_unlisted(file, at)}holds bytes that belong to no entry, or entries that overlap, before {entry.path!r}"


def _unlisted(file: IO[bytes], at: int) -> str:
    """Return the name of an entry that the directory does not have, as the beginning of a message; empty without one."""
    file.seek(at)
    data = file.read(_LOCAL_FORM.size)
    if len(data) < _LOCAL_FORM.size or not data.startswith(_LOCAL):
        return ""
    _, _, flags, *_, named, _ = _LOCAL_FORM.unpack(data)
    return f"{_decoded(file.read(named), flags)!r} is not in its directory: "


def _decoded(name: bytes, flags: int) -> str:
    return name.decode("utf-8" if flags & _UTF_8 else "cp437", "backslashreplace")


def _directory(file: IO[bytes], rules: ZipRules) -> tuple[list[_Entry], int]:
    """Return the entries and where the directory begins."""
    end_at, count, size, start = _end(file, rules)
    if size > rules.most_directory_bytes:
        raise ValueError("a header is larger than allowed")
    if start + size != end_at:
        raise ValueError("its directory does not end where the end record begins")
    if count > rules.most_entries:
        raise ValueError(f"holds more than {rules.most_entries} entries")
    file.seek(start)
    data = _exactly(file, size)
    entries, at = [], 0
    for _ in range(count):
        entry, at = _entry(data, at, rules)
        entries.append(entry)
    if at != len(data):
        raise ValueError("holds bytes in its directory that belong to no entry")
    seen: set[bytes] = set()
    for entry in entries:
        if entry.name in seen:
            raise ValueError(f"names a file twice: {entry.path!r}")
        seen.add(entry.name)
    return entries, start


def _end(file: IO[bytes], rules: ZipRules) -> tuple[int, int, int, int]:
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
            if disk or first or here != count:
                raise ValueError("has several parts")
            if count == _FULL_COUNT or _FULL in (size, start):
                return _zip64_end(file, at, (count, size, start), rules)
            if _has_locator(file, at):  # programs that look for one first read another directory
                raise ValueError("has two end records, of which one is of the kind ZIP64")
            return at, count, size, start
    raise ValueError("does not end with the end record of a ZIP file")


def _has_locator(file: IO[bytes], end: int) -> bool:
    """Return whether the bytes before the end record would be read as the locator of a ZIP64 one."""
    if end < _ZIP64_LOCATOR_FORM.size:
        return False
    file.seek(end - _ZIP64_LOCATOR_FORM.size)
    return file.read(len(_ZIP64_LOCATOR)) == _ZIP64_LOCATOR


def _zip64_end(file: IO[bytes], at: int, short: tuple[int, int, int], rules: ZipRules) -> tuple[int, int, int, int]:
    """Return what `_end` does, from the ZIP64 record and its locator, which lie before the end record."""
    if not rules.zip64:
        raise ValueError("is of the kind ZIP64, which is not read")
    place = at - _ZIP64_LOCATOR_FORM.size - _ZIP64_END_FORM.size
    if place < 0:
        raise ValueError("has no ZIP64 end record")
    file.seek(place)
    data = _exactly(file, _ZIP64_END_FORM.size + _ZIP64_LOCATOR_FORM.size)
    kind, length, _, _, disk, first, here, *found = _ZIP64_END_FORM.unpack(data[: _ZIP64_END_FORM.size])
    locator = _ZIP64_LOCATOR_FORM.unpack(data[_ZIP64_END_FORM.size :])
    if kind != _ZIP64_END or length != _ZIP64_END_SIZE or disk or first or here != found[0]:
        raise ValueError("has a ZIP64 end record that is malformed")
    if locator != (_ZIP64_LOCATOR, 0, place, 1):
        raise ValueError("has a ZIP64 locator that does not lead to the end record before it")
    fulls = (_FULL_COUNT, _FULL, _FULL)
    if any(said not in (full, number) for said, full, number in zip(short, fulls, found, strict=True)):
        raise ValueError("has two end records that differ")
    return place, found[0], found[1], found[2]


def _entry(data: bytes, at: int, rules: ZipRules) -> tuple[_Entry, int]:
    """Return the entry that begins there in the directory, and where the next one does."""
    if len(data) - at < _CENTRAL_FORM.size:
        raise EOFError("its directory ends too early")
    (kind, _, needed, flags, method, _, _, crc, packed, size, named, extra, comment, disk, _, attributes, start) = (
        _CENTRAL_FORM.unpack_from(data, at)
    )
    at += _CENTRAL_FORM.size
    if kind != _CENTRAL or disk or len(data) - at < named + extra + comment:
        raise ValueError("has a directory that is malformed, or remarks in it")
    name = data[at : at + named]
    if comment:
        raise ValueError(f"{_decoded(name, flags)!r}: has a directory that is malformed, or remarks in it")
    at += named + extra
    size, packed, start = _numbers(_fields(data[at - extra : at], rules), size, packed, start)
    return _Entry(name, flags, method, crc, packed, size, attributes >> 16, start, needed), at


def _require_same(file: IO[bytes], entry: _Entry, rules: ZipRules) -> None:
    """Compare the header of an entry with the directory; the file is then at its packed bytes."""
    kind, needed, flags, method, _, _, crc, packed, size, named, extra = _LOCAL_FORM.unpack(
        _exactly(file, _LOCAL_FORM.size)
    )
    _require_version(needed, rules)
    name = _exactly(file, named)
    size, packed = _numbers(_fields(_exactly(file, extra), rules), size, packed)
    sizes = [crc, packed, size]
    same = sizes == [entry.crc, entry.packed, entry.size] or (flags & _SIZES_FOLLOW and sizes == [0, 0, 0])
    if kind != _LOCAL or (flags, method, name) != (entry.flags, entry.method, entry.name) or not same:
        other = f" (the other name is {_decoded(name, flags)!r})" if kind == _LOCAL and name != entry.name else ""
        raise ValueError(f"{entry.path!r} is described in two ways{other}")


def _require_plain(entry: _Entry, rules: ZipRules) -> None:
    folder = entry.name.endswith(b"/")
    if stat.S_IFMT(entry.mode) not in (0, stat.S_IFDIR if folder else stat.S_IFREG):
        raise ZipMemberError(entry.path, "is no plain file")
    if entry.method not in (_STORED, _DEFLATED):
        raise ZipMemberError(entry.path, "is packed by a method other than deflate")
    if entry.flags & ~(_SIZES_FOLLOW | _UTF_8 | _LEVEL):
        raise ZipMemberError(entry.path, "is encrypted, or packed in another way that is not read")
    if entry.flags & _SIZES_FOLLOW and not rules.descriptors:
        raise ZipMemberError(entry.path, "has its sizes after its bytes (a data descriptor), which an index refuses")
    if entry.method == _STORED and (entry.packed != entry.size or (entry.flags & _SIZES_FOLLOW and entry.size)):
        raise ZipMemberError(entry.path, "does not say where it ends")
    if folder and entry.size:
        raise ZipMemberError(entry.path, "is a folder with bytes of its own")
    _require_version(entry.needed, rules)


def _require_version(needed: int, rules: ZipRules) -> None:
    if needed > (_ZIP64_VERSION if rules.zip64 else _DEFLATE_VERSION):
        raise ValueError("needs a newer program than this one")


def _fields(data: bytes, rules: ZipRules) -> bytes:
    """Check the extra fields of an entry, and return the one with its ZIP64 numbers; empty where there is none."""
    numbers = b""
    while data:
        if len(data) < 4:  # noqa: PLR2004 - APPNOTE 4.5.1: two numbers of two bytes
            raise ValueError("has an extra field that is malformed")
        kind, size = struct.unpack("<2H", data[:4])
        is_zip64 = rules.zip64 and kind == _ZIP64_FIELD and not numbers
        if (size > _FIELDS.get(kind, -1) and not is_zip64) or len(data) < 4 + size:
            raise ValueError("has an extra field that is not understood")
        numbers = data[4 : 4 + size] if is_zip64 else numbers
        data = data[4 + size :]
    return numbers


def _numbers(field: bytes, *short: int) -> list[int]:
    """Return the numbers of a header, those that do not fit there from its ZIP64 field (APPNOTE 4.5.3)."""
    if not field:
        return list(short)
    long = [number for (number,) in struct.iter_unpack("<Q", field)] if len(field) % 8 == 0 else None
    if long is None or len(long) != short.count(_FULL):
        raise ValueError("has a ZIP64 field that does not match its header")
    return [long.pop(0) if number == _FULL else number for number in short]


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
