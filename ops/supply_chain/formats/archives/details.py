"""Everything about an archive that can differ between two builds: order, dates, modes, owners, compression, contents.

For archives that the strict readers of this folder have accepted: these read the same members, and nothing is extracted.

Source: APPNOTE.TXT 6.3.10 sections 4.3 and 4.4 (ZIP); POSIX.1-2017 pax; RFC 1952 section 2.3 (gzip header)
"""

from __future__ import annotations

import io
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from ops.supply_chain.contracts.values.distribution import DistributionKind

MOST_UNPACKED_BYTES = 2 << 30
"""The most bytes that the members of one archive may have together."""

_GZIP_MTIME, _GZIP_XFL, _GZIP_OS = slice(4, 8), 8, 9
_GZIP_HEADER_BYTES = 10
_HAS_NAME = 8


class MemberDetails(NamedTuple):
    """One member of an archive.

    `name` is as in the archive; a folder ends with `/`. `mtime` is ISO 8601: in UTC, with the fraction that it has, for a
    tar, without a zone for a ZIP, which has none. `mode` is octal with the file type where the format has it; `owner` is `uid:gid user:group`, empty for a
    ZIP. `link` is the target of a link, else empty. `extra` is whatever further fields the member's headers have. `method` is how it is packed.
    """

    name: str
    content: bytes
    mtime: str
    mode: str
    owner: str = ""
    link: str = ""
    extra: str = ""
    method: str = ""

    @property
    def executable(self) -> bool:
        """Whether its owner may run it."""
        return bool(int(self.mode, 8) & 0o100)


class ArchiveDetails(NamedTuple):
    """One archive: `header` has the fields of the file as a whole, by their names; `members` are in the file's order."""

    header: dict[str, str]
    members: tuple[MemberDetails, ...]


def read_details(kind: DistributionKind, data: bytes) -> ArchiveDetails:
    """Return the details of a wheel or of an sdist.

    Args:
        kind: Which of the two it is.
        data: The whole file.
    Raises:
        ValueError: It cannot be read, or has more unpacked bytes than `MOST_UNPACKED_BYTES`.
    """
    try:
        return _zip(data) if kind is DistributionKind.WHEEL else _tar(data)
    except (
        zipfile.BadZipFile,
        tarfile.TarError,
        zlib.error,
        EOFError,
        OSError,
        NotImplementedError,
        RuntimeError,
    ) as error:
        raise ValueError(f"cannot be read: {error}") from error


def _zip(data: bytes) -> ArchiveDetails:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        rows = archive.infolist()
        _require_size(row.file_size for row in rows)
        members = tuple(
            MemberDetails(
                name=row.filename,
                content=archive.read(row),
                mtime="{:04}-{:02}-{:02}T{:02}:{:02}:{:02}".format(*row.date_time),
                mode=f"{row.external_attr >> 16:06o}",
                extra=" ".join(
                    filter(
                        None, (row.extra.hex(), row.comment.hex(), f"system {row.create_system} flags {row.flag_bits}")
                    )
                ),
                method="stored" if row.compress_type == zipfile.ZIP_STORED else f"method {row.compress_type}",
            )
            for row in rows
        )
        return ArchiveDetails({"comment": archive.comment.hex()}, members)


def _tar(data: bytes) -> ArchiveDetails:
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as archive:
        members = tuple(_tar_members(archive))
    return ArchiveDetails(_gzip_header(data), members)


def _tar_members(archive: tarfile.TarFile) -> Iterator[MemberDetails]:
    total = 0
    for row in archive:
        total += row.size
        _require_size([total])
        file = archive.extractfile(row) if row.isreg() else None
        further = {
            key: value for key, value in row.pax_headers.items() if key not in ("mtime", "path", "linkpath", "size")
        }
        kind = "" if row.isreg() or row.isdir() else f"type {row.type.decode('latin-1')}"
        yield MemberDetails(
            name=f"{row.name}/" if row.isdir() else row.name,
            content=file.read() if file else b"",
            mtime=_moment(row.mtime),
            mode=f"{row.mode:06o}",
            owner=f"{row.uid}:{row.gid} {row.uname}:{row.gname}",
            link=row.linkname,
            extra=" ".join(filter(None, (kind, *(f"{key}={value}" for key, value in sorted(further.items()))))),
        )


def _gzip_header(data: bytes) -> dict[str, str]:
    if len(data) < _GZIP_HEADER_BYTES:
        raise ValueError("ends within its gzip header")
    named = ""
    if data[3] & _HAS_NAME:
        named = data[_GZIP_HEADER_BYTES : data.index(b"\0", _GZIP_HEADER_BYTES)].decode("latin-1")
    return {
        "gzip mtime": _moment(int.from_bytes(data[_GZIP_MTIME], "little")),
        "gzip os": f"{data[_GZIP_OS]} level {data[_GZIP_XFL]}",
        "gzip name": named,
    }


def _moment(seconds: float) -> str:
    try:
        return datetime.fromtimestamp(seconds, tz=UTC).isoformat().replace("+00:00", "Z")
    except (ValueError, OverflowError, OSError):
        return str(seconds)


def _require_size(sizes: Iterator[int] | list[int]) -> None:
    if sum(sizes) > MOST_UNPACKED_BYTES:
        raise ValueError(f"unpacks to more than {MOST_UNPACKED_BYTES} bytes")
