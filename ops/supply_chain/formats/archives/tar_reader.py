"""Reading a `.tar.gz` that has exactly one reading: what any tar program extracts from it, in any order, is the same.

One gzip member and nothing after it; plain files and folders alone, and links as `TarRules` permits them; no extension
that another program may overlook, except the long names that GNU tar and Python write and the comment that git writes;
zeros wherever nothing is said.

Source: POSIX.1-2017 pax, "ustar Interchange Format" and "pax Header Block";
https://www.gnu.org/software/tar/manual/html_node/Standard.html ; RFC 1952 (gzip).
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from typing import IO, NamedTuple

from ops.supply_chain.core.digests import CHUNK_BYTES

BLOCK = 512
MOST_EXTENSION_BYTES = 16 << 10
"""The most that a header which only extends another may have: a name has 255 bytes, a comment not many more."""

MOST_PADDING_BYTES = 1 << 20
"""Zeros after the end: programs fill up to a whole record, 10 KiB for most."""

_NAME_BYTES = 100
_GNU, _POSIX = b"ustar  \0", b"ustar\x0000"
_NUMBER = re.compile(rb" *([0-7]+)[ \0]*")
_NUMBER_OR_NONE = re.compile(rb" *[0-7]*[ \0]*|[\x80\xff].*", re.DOTALL)
_OTHER_NUMBERS = (slice(108, 116), slice(116, 124), slice(136, 148), slice(329, 337), slice(337, 345))
"""Owner, group, time and device: nothing here uses them, and Python's `tarfile` ends the archive where one is malformed."""

_COMMENT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_HARMLESS = frozenset({"mtime", "atime", "ctime", "uid", "gid", "uname", "gname"})
_FILE_NAME = 8
"""Gzip's flag for a file name in its header: the only extension of it that is read."""


class TarRules(NamedTuple):
    """What an archive may have.

    `most_headers` is its largest number of headers; `links` permits symbolic and hard links, and short names with letters
    outside ASCII, which Python's `tarfile` puts into an extension and replaces with `?` in the header.
    """

    most_headers: int
    links: bool = False


class TarMember(NamedTuple):
    """A file, folder or link in the archive; its bytes have to be read before the next one is asked for.

    `mode` has the permissions. `link` is the path that a link leads to, as the archive has it, empty for what is none;
    `is_hard` is True for a hard link, whose path begins at the top of the archive.
    """

    path: str
    is_folder: bool
    pieces: Iterator[bytes]
    mode: int = 0
    link: str = ""
    is_hard: bool = False


class _Header(NamedTuple):
    name: str
    size: int
    kind: bytes
    link: str
    mode: int


def tar_members(file: IO[bytes], rules: TarRules) -> Iterator[TarMember]:
    """Yield the members in their order.

    Args:
        file: The `.tar.gz`.
        rules: What it may have.
    Raises:
        ValueError: It has more than one reading, or none; `zlib.error` and `EOFError` where it is damaged.
    """
    stream = _Gzip(file)
    long_name = ""
    count = 0
    while any(block := stream.exactly(BLOCK)):
        count += 1
        if count > rules.most_headers:
            raise ValueError(f"has more than {rules.most_headers} headers")
        header = _header(block)
        if header.kind in (b"L", b"x", b"g"):
            body = _extension(stream, header)
            if long_name:
                raise ValueError("names a file twice")
            long_name = _long_name(header.kind, body, rules)
            continue
        path = _full(header.name, long_name, rules)
        long_name = ""
        if header.kind == b"S":
            raise ValueError(f"holds a file with holes, {path!r}")
        is_link = rules.links and header.kind in (b"1", b"2") and bool(header.link)
        if not is_link and (header.kind not in (b"0", b"\0", b"5") or header.link):
            raise TarMemberError(path)
        if header.size and (is_link or header.kind == b"5"):
            raise ValueError(f"holds a folder or a link with bytes of its own: {path!r}")
        pieces = _pieces(stream, header.size)
        yield TarMember(path, header.kind == b"5", pieces, header.mode, header.link, header.kind == b"1")
        for _ in pieces:
            pass
    if long_name:
        raise ValueError("names a file that is not there")
    _require_end(stream)


class TarMemberError(ValueError):
    """A member is no plain file; the argument is its name."""


class _Gzip:
    """The bytes of the one member of a gzip file, in pieces."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._inflate = zlib.decompressobj(-zlib.MAX_WBITS)
        self._ready = bytearray()
        self._crc = self._size = 0
        start = file.read(10)
        if len(start) < 10 or start[:3] != b"\x1f\x8b\x08":  # noqa: PLR2004 - RFC 1952 section 2.3
            raise ValueError("is not packed by gzip")
        if start[3] & ~_FILE_NAME:
            raise ValueError("has a gzip header with extensions")
        if start[3]:
            self._skip_name()

    def exactly(self, size: int) -> bytes:
        """Return the next bytes, exactly so many."""
        while len(self._ready) < size:
            if not self._more():
                raise EOFError("it ends too early")
        data = bytes(self._ready[:size])
        del self._ready[:size]
        return data

    def rest(self) -> Iterator[bytes]:
        """Yield what is left, then check that nothing follows."""
        while self._ready or self._more():
            yield bytes(self._ready)
            self._ready.clear()
        end = self._inflate.unused_data + self._file.read(9)
        if end[:8] != self._crc.to_bytes(4, "little") + (self._size & 0xFFFFFFFF).to_bytes(4, "little"):
            raise ValueError("its gzip checksum is wrong")
        if len(end) > 8:  # noqa: PLR2004 - as above
            raise ValueError("holds bytes after the end of the gzip member")

    def _more(self) -> bool:
        while not self._inflate.eof:
            packed = self._inflate.unconsumed_tail or self._file.read(CHUNK_BYTES)
            data = self._inflate.decompress(packed, CHUNK_BYTES)
            if not packed and not data:
                raise EOFError("it ends too early")
            if data:
                self._crc, self._size = zlib.crc32(data, self._crc), self._size + len(data)
                self._ready += data
                return True
        return False

    def _skip_name(self) -> None:
        for _ in range(MOST_EXTENSION_BYTES):
            if self._file.read(1) in (b"\0", b""):
                return
        raise ValueError("a header is larger than allowed")


def _header(block: bytes) -> _Header:
    magic = block[257:265]
    if magic not in (_GNU, _POSIX):
        raise ValueError("is not a tar archive of POSIX or GNU")
    if _number(block[148:156]) != sum(block[:148]) + 8 * 0x20 + sum(block[156:]):
        raise ValueError("a header has a wrong checksum")
    if any(block[500:]) or (magic == _GNU and any(block[345:500])):
        raise ValueError("a header says more than is understood")
    if not all(_NUMBER_OR_NONE.fullmatch(block[field]) for field in _OTHER_NUMBERS):
        raise ValueError("a header has a number that is not octal")
    name, prefix = _text(block[:100]), _text(block[345:500])
    path = f"{prefix}/{name}" if prefix else name
    return _Header(path, _number(block[124:136]), block[156:157], _text(block[157:257]), _number(block[100:108]))


def _number(field: bytes) -> int:
    found = _NUMBER.fullmatch(field)
    if field[0] & 0x80:  # GNU's form for numbers that do not fit
        raise ValueError("a header is larger than allowed")
    if not found:
        raise ValueError("a header has a number that is not octal")
    return int(found[1], 8)


def _text(field: bytes) -> str:
    text, _, rest = field.partition(b"\0")
    if any(rest):
        raise ValueError("a header has bytes after the end of a name")
    return text.decode("utf-8", "backslashreplace")


def _extension(stream: _Gzip, header: _Header) -> bytes:
    if header.size > MOST_EXTENSION_BYTES:
        raise ValueError("a header is larger than allowed")
    return b"".join(_pieces(stream, header.size))


def _long_name(kind: bytes, body: bytes, rules: TarRules) -> str:
    """Return the name that an extension gives to the next file; empty if it says nothing about it."""
    if kind == b"L":
        if body.count(b"\0") != 1 or not body.endswith(b"\0"):
            raise ValueError("a long name does not end where it should")
        return _require_long(body[:-1].decode("utf-8", "backslashreplace"))
    fields = _pax_fields(body)
    if any(key.startswith("GNU.sparse.") for key in fields):
        raise ValueError("holds a file with holes")
    if kind == b"g":
        if fields.keys() - {"comment"} or not _COMMENT.fullmatch(fields.get("comment", "")):
            raise ValueError("has a header for all files that is not the comment of git")
        return ""
    unknown = fields.keys() - _HARMLESS - {"path"}
    if unknown:
        raise ValueError(f"has a header with {min(unknown)!r}, which is not understood")
    return _require_long(fields["path"], ascii_only=not rules.links) if "path" in fields else ""


def _require_long(name: str, *, ascii_only: bool = True) -> str:
    # A name that fits needs no extension: a program that overlooks it would read another one.
    if len(name.encode()) <= _NAME_BYTES and (ascii_only or name.isascii()):
        raise ValueError("has a header that renames a file")
    return name


def _pax_fields(body: bytes) -> dict[str, str]:
    fields: dict[str, str] = {}
    while body:
        size, _, _ = body.partition(b" ")
        if not re.fullmatch(rb"[1-9][0-9]{0,5}", size) or not len(size) + 3 <= int(size) <= len(body):
            raise ValueError("has a pax header that is malformed")
        row, body = body[len(size) + 1 : int(size)], body[int(size) :]
        key, equals, value = row.partition(b"=")
        name = key.decode("utf-8", "backslashreplace")
        if not equals or not value.endswith(b"\n") or name in fields:
            raise ValueError("has a pax header that is malformed")
        fields[name] = value[:-1].decode("utf-8", "backslashreplace")
    return fields


def _full(short: str, long: str, rules: TarRules) -> str:
    """Return the name of a file; its header has to begin the long name, if there is one."""
    if long and not (short and (long.startswith(short) or (rules.links and short == _replaced(long)))):
        raise ValueError(f"names a file in two ways: {short!r}, {long!r}")
    return long or short


def _replaced(name: str) -> str:
    """Return a name as Python's `tarfile` shortens it for the header of a pax archive."""
    return name.encode("ascii", "replace").decode()[:_NAME_BYTES]


def _pieces(stream: _Gzip, size: int) -> Iterator[bytes]:
    left = size
    while left:
        piece = stream.exactly(min(left, CHUNK_BYTES))
        left -= len(piece)
        yield piece
    if size % BLOCK and any(stream.exactly(BLOCK - size % BLOCK)):
        raise ValueError("holds bytes between two files")


def _require_end(stream: _Gzip) -> None:
    """Check that the second block of zeros follows, and nothing else."""
    if any(stream.exactly(BLOCK)):
        raise ValueError("does not end with two blocks of zeros")
    size = 0
    for piece in stream.rest():
        size += len(piece)
        if any(piece):
            raise ValueError("holds bytes after its end")
        if size > MOST_PADDING_BYTES:
            raise ValueError("has too many zeros after its end")
