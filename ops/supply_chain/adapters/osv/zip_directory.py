"""The directory of a zip: read quickly where it is in order, which OSV's is, and by zipfile in all other cases.

Source: APPNOTE 6.3.10, https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
"""

from __future__ import annotations

import io
import itertools
import os
import struct
from typing import IO, NamedTuple

PLAIN_FLAGS = 0x080E
"""Flags without effect on how a member is read: speed of packing, sizes after the content, UTF-8 (4.4.4)."""

_END, _LARGE_END, _LARGE_LOCATOR = b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07"
_LONGEST_END = (1 << 16) + 200
"""Bytes: the end record with the longest comment, after the two records of a large zip."""

_NOT_HERE, _LARGE = 0xFFFF, 0xFFFFFFFF
"""The values of a count and of a size that are in the records for large zips."""

_END_RECORD = struct.Struct("<4s4xHHLLH")
"""Signature, members on this disk and in all, size and place of the directory, length of the comment (4.3.16)."""

_ENTRY = struct.Struct("<4s2xBxHH4xLLLHHH8xL")
"""Signature, version needed, flags, method, CRC, sizes, lengths of name, extra field and comment, place (4.3.12)."""

_ENTRY_SIGNATURE = b"PK\x01\x02"
_LOCATOR_SIZE = 20
_NEWEST_VERSION = 63
"""The newest version of the format that zipfile reads."""

_READ_EXTRA = frozenset({0x0001, 0x7075})
"""Extra fields that change what a member is: sizes of large members, its name in UTF-8 (4.5.2, 4.6.9)."""


class ZipEntry(NamedTuple):
    """One member: its name, also as its own header must have it, and where its content is.

    `raw` is None if the name is not ASCII. `packed` and `size` are bytes, `start` is where its header begins, `end` where the
    next one or the directory begins.
    """

    name: str
    raw: bytes | None
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    start: int
    end: int


_Entry = tuple[str, bytes | None, int, int, int, int, int, int]
"""What a `ZipEntry` has before its end."""


def read_directory(data: bytes) -> list[ZipEntry]:
    """Return the members of a zip, in the order of its directory.

    Raises:
        zipfile.BadZipFile: It is no zip, or has another number of members than it states.
        Exception: What else zipfile raises about damaged data.
    """
    plain = plain_directory(data)
    return _directory_by_zipfile(data) if plain is None else plain


def plain_directory(data: bytes) -> list[ZipEntry] | None:
    """Return the members if the directory has nothing unusual, None if zipfile has to decide about it."""
    last = len(data) - _END_RECORD.size
    if last < 0:
        return None
    signature, here, count, size, begin, comment = _END_RECORD.unpack_from(data, last)
    usual = signature == _END and here == count != _NOT_HERE and not comment and begin + size == last
    if not usual or data.startswith(_LARGE_LOCATOR, max(0, last - _LOCATOR_SIZE)) or data.find(_END, last + 1) >= 0:
        return None
    found: list[_Entry] = []
    place = begin
    while len(found) < count and place + _ENTRY.size <= last:
        signature, version, flags, method, crc, packed, size, length, extra, note, start = _ENTRY.unpack_from(
            data, place
        )
        name = place + _ENTRY.size
        place = name + length
        raw = data[name:place]
        usual = signature == _ENTRY_SIGNATURE and version <= _NEWEST_VERSION and not flags & ~PLAIN_FLAGS
        if not usual or _LARGE in (packed, size, start) or not raw.isascii() or 0 in raw:
            return None
        if extra and not _is_plain_extra(data[place : place + extra]):
            return None
        found.append((raw.decode(), raw, flags, method, crc, packed, size, start))
        place += extra + note
    return _bounded(found, begin) if (len(found), place) == (count, last) else None


def _is_plain_extra(extra: bytes) -> bool:
    place = 0
    while place < len(extra):
        if place + 4 > len(extra):
            return False
        kind, length = struct.unpack_from("<HH", extra, place)
        place += 4 + length
        if kind in _READ_EXTRA:
            return False
    return place == len(extra)


def _directory_by_zipfile(data: bytes) -> list[ZipEntry]:
    handle = io.BytesIO(data)
    import zipfile  # few feeds need it, and it imports more than a scan does

    archive = zipfile.ZipFile(handle)
    members = archive.infolist()
    # zipfile skips what a damaged directory hides; a missing record would be a missed vulnerability.
    if len(members) != stated_count(handle):
        raise zipfile.BadZipFile("its directory does not have the stated number of members")
    found: list[_Entry] = [
        (
            item.filename,
            item.orig_filename.encode() if item.orig_filename.isascii() else None,
            item.flag_bits,
            item.compress_type,
            item.CRC,
            item.compress_size,
            item.file_size,
            item.header_offset,
        )
        for item in members
    ]
    return _bounded(found, archive.start_dir)


def _bounded(entries: list[_Entry], directory: int) -> list[ZipEntry]:
    """Return the members, each with its end."""
    starts = [entry[-1] for entry in entries]
    ends = dict(itertools.pairwise([*sorted(set(starts)), directory]))
    return [ZipEntry(*entry, ends[start]) for entry, start in zip(entries, starts, strict=True)]


def stated_count(handle: IO[bytes]) -> int:
    """Return the number of members stated at the end of a zip (4.3.14 to 4.3.16), -1 if there is none."""
    size = handle.seek(0, os.SEEK_END)
    handle.seek(max(0, size - _LONGEST_END))
    end = handle.read()
    place = end.rfind(_END)
    if place < 0:
        return -1
    count = int(struct.unpack_from("<H", end, place + 10)[0])
    if count < _NOT_HERE:
        return count
    place = end.rfind(_LARGE_END)
    return -1 if place < 0 else int(struct.unpack_from("<Q", end, place + 32)[0])
