"""Writing `.tar.gz` files whose bytes depend on nothing but their members.

Members are sorted by name and carry one moment, owner 0, no user names and mode 0644 or 0755. The
compression is that of libdeflate, the same whatever zlib this Python is linked with, over pieces of
one fixed size, each its own gzip member: so pieces are compressed at the same time and memory stays
bounded. Every unpacker reads such a file, as RFC 1952 allows many members in one file.

Source: POSIX.1-2001 pax interchange format; RFC 1952 section 2.2; docs/adr/0002.
"""

from __future__ import annotations

import os
import struct
import tarfile
import zlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import msgspec

from ops.supply_chain.core.errors import OutputError
from ops.supply_chain.core.files import write_atomic

PIECE_BYTES = 1 << 20
"""Size of the uncompressed pieces; changing it changes the bytes of every archive."""

COMPRESSION_LEVEL = 6
"""libdeflate's own default: half the time of level 9 for a tenth more bytes; part of the format too."""

# RFC 1952: ID1 ID2 CM=deflate FLG=0 MTIME=0 XFL=0 OS=255 (unknown)
_GZIP_HEADER = bytes.fromhex("1f8b08000000000000ff")
_WORKERS = min(8, os.cpu_count() or 1)
_AHEAD = 2 * _WORKERS

T = TypeVar("T")
R = TypeVar("R")


class TarEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One member to be.

    `name` is relative, with `/`. `load` gives the bytes of a file; it is called once, in a worker thread.
    `link` is the target where the member is a symbolic link, and `load` is then not called.
    """

    name: str
    load: Callable[[], bytes]
    executable: bool = False
    link: str = ""


def write_archive(path: Path, entries: Iterable[TarEntry], *, epoch: int) -> None:
    """Write a deterministic `.tar.gz`, atomically.

    Args:
        path: The file to write.
        entries: Any order; one file's bytes are in memory at a time for each worker, and a few ahead.
        epoch: Modification time of every member, in Unix seconds.
    Raises:
        OutputError: A name is unsafe or there twice, or the file cannot be written.
    """
    from deflate import deflate_compress

    def pack(piece: bytes) -> bytes:
        body = bytes(deflate_compress(piece, COMPRESSION_LEVEL))
        return _GZIP_HEADER + body + struct.pack("<II", zlib.crc32(piece), len(piece))

    ordered = _sorted(entries)
    with ThreadPoolExecutor(_WORKERS) as pool:
        loaded = zip(ordered, _in_order(pool, lambda entry: b"" if entry.link else entry.load(), ordered), strict=True)
        write_atomic(path, _in_order(pool, pack, _pieces(_tar(loaded, epoch))))


def _sorted(entries: Iterable[TarEntry]) -> list[TarEntry]:
    ordered = sorted(entries, key=lambda entry: entry.name.encode("utf-8", "surrogateescape"))
    for position, entry in enumerate(ordered):
        parts = entry.name.split("/")
        if not entry.name.isprintable() or {"", ".", ".."} & set(parts) or "\\" in entry.name:
            raise OutputError(f"archive member {entry.name!r}: not a plain relative path")
        if position and ordered[position - 1].name == entry.name:
            raise OutputError(f"archive member {entry.name!r}: there twice")
    return ordered


def _in_order(pool: ThreadPoolExecutor, work: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
    """Apply `work` in the pool, a bounded number of items ahead, and yield results in the items' order."""
    waiting: deque[Future[R]] = deque()
    try:
        for item in items:
            waiting.append(pool.submit(work, item))
            if len(waiting) > _AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()


def _tar(loaded: Iterable[tuple[TarEntry, bytes]], epoch: int) -> Iterator[bytes]:
    written = 0
    for entry, content in loaded:
        header = _header(entry, len(content), epoch)
        padding = bytes(-len(content) % tarfile.BLOCKSIZE)
        yield from (header, content, padding)
        written += len(header) + len(content) + len(padding)
    # "At the end of the archive file there shall be two 512-octet logical records filled with binary zeros"
    end = 2 * tarfile.BLOCKSIZE
    yield bytes(end + -(written + end) % tarfile.RECORDSIZE)


def _header(entry: TarEntry, size: int, epoch: int) -> bytes:
    info = tarfile.TarInfo(entry.name)
    info.size = size
    info.mtime = epoch
    info.mode = 0o755 if entry.executable else 0o644
    if entry.link:
        info.type = tarfile.SYMTYPE
        info.linkname = entry.link
        info.mode = 0o777
    return info.tobuf(tarfile.PAX_FORMAT, "utf-8", "strict")


def _pieces(parts: Iterable[bytes]) -> Iterator[bytes]:
    """Cut a stream of bytes into pieces of exactly `PIECE_BYTES`, the last one shorter."""
    held: list[bytes | memoryview] = []
    missing = PIECE_BYTES
    for part in parts:
        rest = memoryview(part)
        while len(rest) >= missing:
            yield b"".join((*held, rest[:missing]))
            rest = rest[missing:]
            held, missing = [], PIECE_BYTES
        if rest:
            held.append(rest)
            missing -= len(rest)
    if held:
        yield b"".join(held)
