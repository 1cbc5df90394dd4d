"""The records in an OSV zip or in a folder of records, as (name, bytes), with a ceiling on everything.

Nothing is ever unpacked to the disk, so that a member's path can do no harm. A zip is taken whole or
not at all: a member that cannot be read means that nobody knows what it would have said.
"""

from __future__ import annotations

import hashlib
import os
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, NamedTuple

from ops.supply_chain.core.errors import UnavailableError
from ops.supply_chain.core.text import printable

RECORD_SUFFIX = ".json"
MOST_ARCHIVE_BYTES = 256 << 20
MOST_MEMBERS = 1_000_000
"""OSV's dump of PyPI has some 20,000 records, of all ecosystems together under a million."""

MOST_RECORD_BYTES = 16 << 20
MOST_TOTAL_BYTES = 4 << 30
"""Unpacked; the dump of PyPI has under 100 MB."""

_END, _LARGE_END = b"PK\x05\x06", b"PK\x06\x06"
_LONGEST_END = (1 << 16) + 200
"""Bytes: the end record with the longest comment, after the two records of a large zip."""

_NOT_HERE = 0xFFFF
"""The count says so little where it stands in the record for large zips."""

REMEDY = "Fetch the advisory snapshot again, or give another with --advisories."


class Record(NamedTuple):
    """One member: its name as the source has it, and its bytes; None where it is no record."""

    name: str
    data: bytes | None


def read_zip(handle: IO[bytes], *, where: str) -> Iterator[Record]:
    """Read every member of a zip, in the zip's order.

    Args:
        handle: The zip, seekable.
        where: What to call it in errors.
    Raises:
        UnavailableError: Not a whole zip, encrypted, a name twice, or too large.
    """
    try:
        with zipfile.ZipFile(handle) as archive:
            members = archive.infolist()
            _check_names(members, where)
            # zipfile passes over what a damaged directory hides; a record less is a vulnerability less.
            if len(members) != _stated_count(handle):
                raise _refused(where, "is not a whole zip: its directory does not hold what it says")
            total = 0
            for member in members:
                record = _read_member(archive, member, where)
                total += len(record.data or b"")
                if total > MOST_TOTAL_BYTES:
                    raise _refused(where, f"holds more than {MOST_TOTAL_BYTES} bytes")
                yield record
    except (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, RuntimeError, ValueError) as error:
        # RuntimeError: encrypted; struct.error: what zipfile lets through of a header that is cut off.
        raise _refused(where, f"is not a whole zip: {error}") from error


def read_folder(folder: Path) -> Iterator[Record]:
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
        yield Record(name, data)


class Digest:
    """One SHA-256 for a folder of records: of the lines `<sha256>  <name>`, in their order."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()

    def pass_on(self, records: Iterable[Record]) -> Iterator[Record]:
        """Yield the records as they come, counting each in."""
        for record in records:
            inner = hashlib.sha256(record.data or b"").hexdigest()
            self._digest.update(f"{inner}  {record.name}\n".encode())
            yield record

    def sha256(self) -> str:
        """Return the digest of what has been passed on."""
        return self._digest.hexdigest()


def _check_names(members: list[zipfile.ZipInfo], where: str) -> None:
    if len(members) > MOST_MEMBERS:
        raise _refused(where, f"has more than {MOST_MEMBERS} members")
    seen: set[str] = set()
    for member in members:
        if member.filename in seen:
            raise _refused(where, f"has the member {member.filename!r} twice")
        seen.add(member.filename)


def _stated_count(handle: IO[bytes]) -> int:
    """Return how many members the end of a zip says there are (APPNOTE 4.3.14 to 4.3.16), -1 where it does not."""
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


def _read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, where: str) -> Record:
    if member.file_size > MOST_RECORD_BYTES:
        raise _refused(where, f"member {member.filename!r} is larger than {MOST_RECORD_BYTES} bytes")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise _refused(where, f"member {member.filename!r} is packed in a way that OSV does not use")
    # zipfile reads no more than the size that the directory claims, and fails where the CRC is not met or
    # the member calls itself otherwise; what is no record is read as well, lest damage turn one into that.
    data = archive.read(member)
    return Record(member.filename, data if member.filename.endswith(RECORD_SUFFIX) else None)


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
