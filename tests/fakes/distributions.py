"""Wheels and source distributions in memory: good ones, and archives with any defect that their formats allow."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import struct
import tarfile
import zlib
from collections.abc import Mapping, Sequence
from typing import NamedTuple

WHEEL = "demo-1.0-py3-none-any.whl"
SDIST = "demo-1.0.tar.gz"
INFO = "demo-1.0.dist-info"
TOP = "demo-1.0"

METADATA = (
    "Metadata-Version: 2.4\nName: demo\nVersion: 1.0\nSummary: A demonstration\nLicense-Expression: MIT\n"
    "License-File: LICENSE\nDescription-Content-Type: text/markdown\n\n# Demo\n"
)
WHEEL_FILE = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
ENTRY_POINTS = "[console_scripts]\ndemo = demo.cli:main\n"


def wheel_files(**changes: str | bytes | None) -> dict[str, bytes]:
    """Return the members of a good wheel but RECORD; a change by path replaces one, None removes it."""
    files: dict[str, str | bytes | None] = {
        "demo/__init__.py": "",
        "demo/cli.py": "def main():\n    return 0\n",
        f"{INFO}/METADATA": METADATA,
        f"{INFO}/WHEEL": WHEEL_FILE,
        f"{INFO}/entry_points.txt": ENTRY_POINTS,
        f"{INFO}/licenses/LICENSE": "MIT\n",
        **changes,
    }
    return {path: _bytes(data) for path, data in files.items() if data is not None}


def sdist_files(**changes: str | bytes | None) -> dict[str, bytes]:
    """Return the members of a good source distribution, likewise."""
    files: dict[str, str | bytes | None] = {
        f"{TOP}/PKG-INFO": METADATA,
        f"{TOP}/pyproject.toml": '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n',
        f"{TOP}/LICENSE": "MIT\n",
        f"{TOP}/demo/__init__.py": "",
        f"{TOP}/demo/cli.py": "def main():\n    return 0\n",
        **changes,
    }
    return {path: _bytes(data) for path, data in files.items() if data is not None}


def record_of(files: Mapping[str, bytes], info: str = INFO) -> bytes:
    """Return RECORD for these members."""
    rows = [f"{path},{digest(data)},{len(data)}\n" for path, data in files.items()]
    return "".join([*rows, f"{info}/RECORD,,\n"]).encode()


def digest(data: bytes, algorithm: str = "sha256") -> str:
    """Return a digest as RECORD has it."""
    value = hashlib.new(algorithm, data).digest()
    return f"{algorithm}={base64.urlsafe_b64encode(value).decode().rstrip('=')}"


class Entry(NamedTuple):
    """One entry of a ZIP file, with everything that can be wrong with it."""

    name: str
    data: bytes
    local_name: str | None = None
    flags: int = 0x800
    method: int = 8
    comment: bytes = b""
    mode: int = 0o100644
    extra: bytes = b""
    listed: bool = True
    packed: bytes | None = None
    said_size: int | None = None
    needed: int = 20


def wheel(files: Mapping[str, bytes] | None = None, *, record: bytes | None = None) -> bytes:
    """Return a wheel with these members and RECORD; without an argument a good one."""
    return make_zip(wheel_entries(files, record=record))


def wheel_entries(files: Mapping[str, bytes] | None = None, *, record: bytes | None = None) -> list[Entry]:
    """Return the entries of a wheel with these members and RECORD."""
    members = wheel_files() if files is None else dict(files)
    written = record_of(members) if record is None else record
    return [*(Entry(path, data) for path, data in members.items()), Entry(f"{INFO}/RECORD", written)]


def make_zip(
    entries: Sequence[Entry],
    *,
    before: bytes = b"",
    after: bytes = b"",
    comment: bytes = b"",
    count: int | None = None,
    between: bytes = b"",
) -> bytes:
    """Return a ZIP file with these entries, whatever they are."""
    out, directory, listed = bytearray(before), bytearray(), 0
    for entry in entries:
        deflate = zlib.compressobj(6, zlib.DEFLATED, -15)
        deflated = deflate.compress(entry.data) + deflate.flush()
        packed = entry.packed if entry.packed is not None else deflated if entry.method == 8 else entry.data
        size = len(entry.data) if entry.said_size is None else entry.said_size
        sizes = (zlib.crc32(entry.data), len(packed), size)
        local = (entry.name if entry.local_name is None else entry.local_name).encode()
        start = len(out)
        head = (entry.needed, entry.flags, entry.method, 0, 0x21)
        follows = entry.flags & 8
        out += struct.pack(
            "<4s5H3L2H", b"PK\3\4", *head, *((0, 0, 0) if follows else sizes), len(local), len(entry.extra)
        )
        out += local + entry.extra + packed
        if follows:
            out += struct.pack("<4s3L", b"PK\7\x08", *sizes)
        if entry.listed:
            name = entry.name.encode()
            lengths = (len(name), len(entry.extra), len(entry.comment), 0, 0)
            directory += struct.pack("<4s6H3L5H2L", b"PK\1\2", 0x0314, *head, *sizes, *lengths, entry.mode << 16, start)
            directory += name + entry.extra + entry.comment
            listed += 1
    out += between
    number = listed if count is None else count
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, number, number, len(directory), len(out), len(comment))
    return bytes(out + directory + end + comment + after)


def sdist(files: Mapping[str, bytes] | None = None, *, more: Sequence[tarfile.TarInfo] = ()) -> bytes:
    """Return a source distribution with these members, then further headers without bytes; by default a good one."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path, data in (sdist_files() if files is None else files).items():
            member = tarfile.TarInfo(path)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
        for member in more:
            archive.addfile(member, io.BytesIO(b"\0" * member.size))
    return gzip.compress(packed.getvalue(), mtime=0)


def link(path: str, target: str, kind: bytes = tarfile.SYMTYPE) -> tarfile.TarInfo:
    """Return the header of a link."""
    member = tarfile.TarInfo(path)
    member.type, member.linkname = kind, target
    return member


def special(path: str, *, kind: bytes = tarfile.REGTYPE, mode: int = 0o644) -> tarfile.TarInfo:
    """Return the header of an empty file of that kind and mode."""
    member = tarfile.TarInfo(path)
    member.type, member.mode = kind, mode
    return member


def _bytes(data: str | bytes) -> bytes:
    return data.encode() if isinstance(data, str) else data
