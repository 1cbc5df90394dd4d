"""Repacks a distribution into one canonical form: the same contents and names give the same bytes, whoever packed them.

Members are sorted, have one date, mode 0644 or 0755, owner 0 and no further fields; folders have no entries of their own.
In a wheel the `.dist-info` folder comes last, and RECORD, which is written again, at the very end. Compression is that of
libdeflate, the same whatever zlib a Python is linked with.

Source: https://packaging.python.org/en/latest/specifications/binary-distribution-format/ ("Archivers are encouraged to
place the .dist-info files physically at the end of the archive"; RECORD);
https://packaging.python.org/en/latest/specifications/source-distribution-format/ (PEP 625);
https://packaging.python.org/en/latest/specifications/recording-installed-packages/#the-record-file;
APPNOTE.TXT 6.3.10 sections 4.3.7 to 4.3.16; RFC 1952
"""

from __future__ import annotations

import itertools
import re
import stat
import struct
import tarfile
import time
import zlib
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ops.supply_chain.contracts.values.distribution import DistributionKind
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.formats.archives.details import MemberDetails
from ops.supply_chain.formats.wheel import SIGNATURES, RecordRow, format_record, record_row

EARLIEST_ZIP_EPOCH = 315532800
"""1980-01-01T00:00:00Z: ZIP files have no earlier dates."""

COMPRESSION_LEVEL = 6
"""libdeflate's default; part of the form, as changing it changes the bytes of every distribution."""

_RECORD = re.compile(r"[^/]+\.dist-info/RECORD")
_SIGNATURES = tuple(f".dist-info/{name}" for name in SIGNATURES)

_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_UNIX, _VERSION, _UTF_8, _STORED, _DEFLATED = 3, 20, 0x800, 0, 8
_MOST_ENTRIES, _MOST_BYTES = 0xFFFF, 0xFFFFFFFF


class CanonicalMember(NamedTuple):
    """One file of a distribution: its name with `/`, its bytes, whether it may be run."""

    name: str
    content: bytes
    executable: bool = False


class NotCanonicalError(ValueError):
    """A distribution has no canonical form; the message says why."""


def canonical_bytes(kind: DistributionKind, members: Iterable[MemberDetails], *, epoch: int) -> bytes:
    """Return the canonical form of a distribution.

    Args:
        kind: A wheel or an sdist.
        members: Those of the archive, in any order.
        epoch: The date of every member, in Unix seconds; a ZIP file has even ones from `EARLIEST_ZIP_EPOCH` on.
    Raises:
        NotCanonicalError: A name is there twice or is no plain relative path, a member is no plain file, or a wheel has not exactly one RECORD.
    """
    files = [_plain(member) for member in members if not member.name.endswith("/")]
    names = sorted(file.name for file in files)
    twice = next((first for first, second in itertools.pairwise(names) if first == second), None)
    if twice is not None:
        raise NotCanonicalError(f"has {twice!r} twice")
    if not files:
        raise NotCanonicalError("has no file")
    if kind is DistributionKind.WHEEL:
        return _zip(_wheel_order(files), max(epoch, EARLIEST_ZIP_EPOCH))
    return _gzip(_tar(sorted(files, key=_sdist_key), epoch), epoch)


def _plain(member: MemberDetails) -> CanonicalMember:
    parts = member.name.split("/")
    if not member.name.isprintable() or {"", ".", ".."} & set(parts) or "\\" in member.name:
        raise NotCanonicalError(f"has {member.name!r}, which is no plain relative path")
    if member.link or not _is_file(member):
        raise NotCanonicalError(f"has {member.name!r}, which is no plain file")
    return CanonicalMember(member.name, member.content, member.executable)


def _is_file(member: MemberDetails) -> bool:
    kind = stat.S_IFMT(int(member.mode, 8))
    return kind in (0, stat.S_IFREG) and not member.extra.startswith("type ")


def _sdist_key(file: CanonicalMember) -> bytes:
    return file.name.encode()


def _wheel_order(files: Sequence[CanonicalMember]) -> list[CanonicalMember]:
    records = [file for file in files if _RECORD.fullmatch(file.name)]
    if len(records) != 1:
        raise NotCanonicalError(f"has {len(records)} files *.dist-info/RECORD, and a wheel has one")
    record = records[0]
    folder = record.name.removesuffix("RECORD")
    others = sorted(
        (file for file in files if file is not record),
        key=lambda file: (file.name.startswith(folder), file.name.encode()),
    )
    return [*others, CanonicalMember(record.name, record_bytes(record.name, others))]


def record_bytes(name: str, files: Iterable[CanonicalMember]) -> bytes:
    """Return the content of a wheel's RECORD.

    Args:
        name: Its own name in the wheel.
        files: All other members.
    """
    rows = [
        record_row(file.name, sha256_bytes(file.content), len(file.content))
        for file in files
        if not file.name.endswith(_SIGNATURES)
    ]
    return format_record([*rows, RecordRow(path=name, digest="", size="")])


def _zip(files: Sequence[CanonicalMember], epoch: int) -> bytes:
    if len(files) >= _MOST_ENTRIES:
        raise NotCanonicalError(f"has {len(files)} files, and a plain ZIP file has fewer than {_MOST_ENTRIES}")
    date, clock = _dos_moment(epoch)
    out, directory = bytearray(), bytearray()
    for file in files:
        name = file.name.encode()
        method, packed = _packed(file.content)
        flags = 0 if name.isascii() else _UTF_8
        crc, sizes, start = zlib.crc32(file.content), (len(packed), len(file.content)), len(out)
        if max(*sizes, start) >= _MOST_BYTES:
            raise NotCanonicalError("has 4 GiB or more, which a plain ZIP file cannot store")
        mode = stat.S_IFREG | (0o755 if file.executable else 0o644)
        common = (_VERSION, flags, method, clock, date, crc, *sizes, len(name))
        out += _LOCAL.pack(b"PK\3\4", *common, 0) + name + packed
        directory += _CENTRAL.pack(b"PK\1\2", _UNIX << 8 | _VERSION, *common, 0, 0, 0, 0, mode << 16, start) + name
    if len(out) >= _MOST_BYTES:
        raise NotCanonicalError("has 4 GiB or more, which a plain ZIP file cannot store")
    end = _END.pack(b"PK\5\6", 0, 0, len(files), len(files), len(directory), len(out), 0)
    return bytes(out + directory + end)


def _packed(content: bytes) -> tuple[int, bytes]:
    """Return the method and the packed bytes: stored where deflate gains nothing."""
    from deflate import deflate_compress

    packed = bytes(deflate_compress(content, COMPRESSION_LEVEL))
    return (_DEFLATED, packed) if len(packed) < len(content) else (_STORED, content)


def _dos_moment(epoch: int) -> tuple[int, int]:
    moment = time.gmtime(epoch)
    date = (moment.tm_year - 1980) << 9 | moment.tm_mon << 5 | moment.tm_mday
    return date, moment.tm_hour << 11 | moment.tm_min << 5 | moment.tm_sec // 2


def _tar(files: Sequence[CanonicalMember], epoch: int) -> bytes:
    out = bytearray()
    for file in files:
        info = tarfile.TarInfo(file.name)
        info.size, info.mtime, info.mode = len(file.content), epoch, 0o755 if file.executable else 0o644
        out += info.tobuf(tarfile.PAX_FORMAT, "utf-8", "strict") + file.content
        out += bytes(-len(file.content) % tarfile.BLOCKSIZE)
    # "At the end of the archive file there shall be two 512-octet logical records filled with binary zeros"
    end = 2 * tarfile.BLOCKSIZE
    return bytes(out + bytes(end + -(len(out) + end) % tarfile.RECORDSIZE))


def _gzip(data: bytes, epoch: int) -> bytes:
    from deflate import deflate_compress

    # RFC 1952: ID1 ID2 CM=deflate FLG=0, MTIME, XFL=0 OS=255 (unknown)
    header = b"\x1f\x8b\x08\0" + struct.pack("<L", max(0, min(epoch, _MOST_BYTES))) + b"\0\xff"
    body = bytes(deflate_compress(data, COMPRESSION_LEVEL))
    return header + body + struct.pack("<LL", zlib.crc32(data), len(data) & _MOST_BYTES)
