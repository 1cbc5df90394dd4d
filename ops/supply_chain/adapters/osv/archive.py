"""The records in an OSV zip or in a folder of records, as (name, bytes), with limits on all sizes.

Nothing is unpacked to disk, so a member's path can do no harm. A zip is read completely or
not at all: a member that cannot be read could be a record.
"""

from __future__ import annotations

import hashlib
import io
import itertools
import os
import struct
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ops.supply_chain.adapters.osv.zip_directory import PLAIN_FLAGS, ZipEntry, read_directory
from ops.supply_chain.core.errors import UnavailableError
from ops.supply_chain.core.text import printable

if TYPE_CHECKING:
    import zipfile

RECORD_SUFFIX = ".json"
MOST_ARCHIVE_BYTES = 256 << 20
MOST_MEMBERS = 1_000_000
"""OSV's dump of PyPI has some 20,000 records, of all ecosystems together under a million."""

MOST_RECORD_BYTES = 16 << 20
MOST_TOTAL_BYTES = 4 << 30
"""Unpacked; the dump of PyPI has under 100 MB."""

PACKED_LEVEL = 1

STORED, DEFLATED = 0, 8
"""Methods of compression: as it is, and DEFLATE (APPNOTE 4.4.5)."""

_LOCAL_HEADER = struct.Struct("<4s2xHH16xHH")
"""The header before a member's name (APPNOTE 4.3.7): signature, flags, method, lengths of the name and of the extra field."""

_LOCAL_SIGNATURE = b"PK\x03\x04"
REMEDY = "Fetch the advisory snapshot again, or use another with --advisories."


class ArchiveMember(NamedTuple):
    """One member: its name as the source has it, and its bytes; None if it is not a record."""

    name: str
    data: bytes | None


class ZipRecords:
    """The members of a zip, readable in any order; a forked process reads them independently of its parent.

    Args:
        data: The zip.
        where: Its name in errors.
    Raises:
        UnavailableError: Not a complete zip, a name twice, or too large.
    """

    def __init__(self, data: bytes, *, where: str) -> None:
        self._data, self._where = data, where
        self._archive: zipfile.ZipFile | None = None
        with _zip_errors(where):
            self._members = read_directory(data)
        _check_names(self._members, where)
        # No more than the stated size is read of a member.
        sizes = [member.size for member in self._members if member.name.endswith(RECORD_SUFFIX)]
        if sum(sizes) > MOST_TOTAL_BYTES and max(sizes) <= MOST_RECORD_BYTES:
            raise _refused(where, f"holds more than {MOST_TOTAL_BYTES} bytes")

    def __iter__(self) -> Iterator[ArchiveMember]:
        return self.members(range(len(self._members)))

    def parts(self, most_bytes: int) -> list[range]:
        """Return the places of all members, in order, in parts of about so many unpacked bytes, at least one part."""
        ends, size = [0], 0
        for place, member in enumerate(self._members, 1):
            size += member.size
            if size >= most_bytes:
                ends.append(place)
                size = 0
        if ends[-1] < len(self._members) or len(ends) == 1:
            ends.append(len(self._members))
        return [range(first, last) for first, last in itertools.pairwise(ends)]

    def members(self, places: range) -> Iterator[ArchiveMember]:
        """Read members.

        Raises:
            UnavailableError: One is damaged, encrypted, or too large.
        """
        for place in places:
            member = self._members[place]
            data = self._plain_content(member)
            if data is None:
                data = self._content(place)
            yield ArchiveMember(member.name, data if member.name.endswith(RECORD_SUFFIX) else None)

    def _plain_content(self, member: ZipEntry) -> bytes | None:
        """Return the content of a member that is in order; None where that is not certain, which zipfile then decides.

        What zipfile compares is compared here as well, without the object that it makes for each member.
        """
        name = member.start + _LOCAL_HEADER.size
        if member.size > MOST_RECORD_BYTES or member.start < 0 or name > len(self._data):
            return None
        signature, flags, method, length, extra = _LOCAL_HEADER.unpack_from(self._data, member.start)
        if signature != _LOCAL_SIGNATURE or method != member.method or (flags | member.flags) & ~PLAIN_FLAGS:
            return None
        content = name + length + extra
        if self._data[name : name + length] != member.raw or content + member.packed > member.end:
            return None
        data = _unpacked(self._data[content : content + member.packed], method, member.size)
        return data if data is not None and zlib.crc32(data) == member.crc else None

    def _content(self, place: int) -> bytes:
        """Return the content of a member as zipfile reads it."""
        member = self._members[place]
        if member.size > MOST_RECORD_BYTES:
            raise _refused(self._where, f"member {member.name!r} is larger than {MOST_RECORD_BYTES} bytes")
        if member.method not in (STORED, DEFLATED):
            raise _refused(self._where, f"member {member.name!r} is packed in a way that OSV does not use")
        with _zip_errors(self._where):
            if self._archive is None:
                import zipfile

                self._archive = zipfile.ZipFile(io.BytesIO(self._data))
            # zipfile reads no more than the size that the directory claims, and fails where the CRC is not met or
            # the member calls itself otherwise; what is no record is read as well, lest damage turn one into that.
            return self._archive.read(self._archive.infolist()[place])

    def packed(self, place: int) -> PackedRecord:
        """Return a member that was read, packed as the zip has it."""
        member = self._members[place]
        start = member.start + _LOCAL_HEADER.size
        start += sum(_LOCAL_HEADER.unpack_from(self._data, member.start)[-2:])
        data = self._data[start : start + member.packed]
        if member.method == STORED:
            return pack(data[: member.size])
        return PackedRecord(member.size, data)


class PackedRecord(NamedTuple):
    """A record as a raw deflate stream, and its size in bytes; what the stream may have after that does not count."""

    size: int
    data: bytes


def pack(data: bytes) -> PackedRecord:
    """Pack a record."""
    packer = zlib.compressobj(PACKED_LEVEL, wbits=-zlib.MAX_WBITS)
    return PackedRecord(len(data), packer.compress(data) + packer.flush())


def unpack(packed: PackedRecord) -> bytes:
    """Unpack a record.

    Raises:
        zlib.error: It is damaged.
    """
    data = zlib.decompressobj(wbits=-zlib.MAX_WBITS).decompress(packed.data, packed.size) if packed.size else b""
    if len(data) != packed.size:
        raise zlib.error("a record is cut off")
    return data


def read_folder(folder: Path) -> Iterator[ArchiveMember]:
    """Read every `.json` file below a folder, sorted by path, not following links to folders.

    Raises:
        UnavailableError: Something cannot be read, or is too large.
    """
    for path in _walk(folder):
        name = printable(path.relative_to(folder).as_posix())
        try:
            with path.open("rb") as handle:
                data = handle.read(MOST_RECORD_BYTES + 1)
        except OSError as error:
            raise _refused(str(path), f"cannot be read: {error.strerror or error}") from error
        if len(data) > MOST_RECORD_BYTES:
            raise _refused(str(path), f"is larger than {MOST_RECORD_BYTES} bytes")
        yield ArchiveMember(name, data)


class FolderDigest:
    """One SHA-256 for a folder of records: of the lines `<sha256>  <name>`, in their order."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()

    def update_from(self, records: Iterable[ArchiveMember]) -> Iterator[ArchiveMember]:
        """Yield the records in order, adding each to the digest."""
        for record in records:
            inner = hashlib.sha256(record.data or b"").hexdigest()
            self._digest.update(f"{inner}  {record.name}\n".encode())
            yield record

    def sha256(self) -> str:
        """Return the digest of the records so far."""
        return self._digest.hexdigest()


@contextmanager
def _zip_errors(where: str) -> Iterator[None]:
    try:
        yield
    except (_bad_zip(), zlib.error, struct.error, EOFError, OSError, RuntimeError, ValueError) as error:
        # RuntimeError: encrypted; struct.error: what zipfile lets through of a header that is cut off.
        raise _refused(where, f"is not a complete zip: {error}") from error


def _bad_zip() -> type[Exception]:
    """Return what zipfile raises; asked for where something was raised, so that zipfile is imported by then."""
    import zipfile

    return zipfile.BadZipFile


def _check_names(members: list[ZipEntry], where: str) -> None:
    if len(members) > MOST_MEMBERS:
        raise _refused(where, f"has more than {MOST_MEMBERS} members")
    seen: set[str] = set()
    for member in members:
        if member.name in seen:
            raise _refused(where, f"has the member {member.name!r} twice")
        seen.add(member.name)


def _unpacked(packed: bytes, method: int, size: int) -> bytes | None:
    """Return the content of a member if it has exactly the stated size and nothing follows it, else None."""
    if method == STORED:
        return packed if len(packed) == size else None
    if method != DEFLATED:
        return None
    unpacker = zlib.decompressobj(wbits=-zlib.MAX_WBITS)
    try:
        data = unpacker.decompress(packed, size + 1)
    except zlib.error:
        return None
    return data if unpacker.eof and not unpacker.unused_data and len(data) == size else None


def _walk(folder: Path) -> Iterator[Path]:
    def fail(error: OSError) -> None:
        raise _refused(str(folder), f"cannot be read: {error.strerror or error}") from error

    for parent, folders, files in os.walk(folder, onerror=fail):
        folders[:] = sorted(name for name in folders if name != ".git")
        for name in sorted(files):
            if name.endswith(RECORD_SUFFIX):
                yield Path(parent) / name


def _refused(where: str, reason: str) -> UnavailableError:
    return UnavailableError(printable(f"advisories {where}: {reason}"), hint=REMEDY)
