"""Unpacking a release from a `.tar.gz` or `.zip` without trusting its metadata.

Only plain files are taken, all from one folder of the archive, under plain names, each once; sizes are counted
as bytes come out, not as the archive states them. Needs nothing but the standard library.

Source: CVE-2007-4559 (names that lead out of the folder); APPNOTE.TXT section 4.4.3 and 4.4.15 (ZIP).
"""

from __future__ import annotations

import contextlib
import gzip
import re
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, NamedTuple

from ops.supply_chain.core.digests import CHUNK_BYTES
from ops.supply_chain.core.errors import InputError, OutputError

HINT = "Unpack it yourself, inspect its contents, and pass the folder."
_NAME = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9._+-]{0,254}")


MOST_PIECE_BYTES = 4 * CHUNK_BYTES
"""The most that is asked of an archive at a time."""

MOST_EXTENSION_BYTES = 16 << 10
"""The most that a tar header which only extends another may have: a name has 255 bytes, a comment not many more."""

_PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""What a ZIP member may be packed by. LZMA's header asks for up to 4 GiB of memory before the first byte comes out."""

_EXTENSIONS = (
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
)


class UnpackLimits(NamedTuple):
    """The most that an archive may hold: files, bytes of one, bytes of all."""

    files: int = 2_000
    file_bytes: int = 2 << 30
    total_bytes: int = 8 << 30


class _Member(NamedTuple):
    """A file in the archive: its path there, and how to read it."""

    path: str
    open: Callable[[], IO[bytes] | None]


def is_archive(path: Path) -> bool:
    """Return whether a file name is that of a supported archive."""
    return path.name.endswith((".tar.gz", ".tgz", ".zip"))


def unpack(archive: Path, folder: Path, *, limits: UnpackLimits | None = None) -> None:
    """Unpack a release.

    Args:
        archive: `.tar.gz`, `.tgz` or `.zip`.
        folder: An empty folder.
        limits: The most that it may hold.
    Raises:
        InputError: It is broken, too large, or holds anything but plain files of one folder.
        OutputError: The folder cannot be written.
    """
    most = limits or UnpackLimits()
    try:
        with _members(archive, most) as members:
            _extract(archive, members, folder, most)
    except (
        tarfile.TarError,
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        ValueError,
        RuntimeError,
        NotImplementedError,
    ) as error:
        # RuntimeError: an encrypted member; NotImplementedError: an unknown compression.
        raise _refused(archive, f"cannot be unpacked: {error}") from error
    except OSError as error:
        raise _refused(archive, f"cannot be read: {error.strerror or error}") from error


@contextlib.contextmanager
def _members(archive: Path, most: UnpackLimits) -> Iterator[Iterator[_Member]]:
    if archive.name.endswith(".zip"):
        with archive.open("rb") as plain, zipfile.ZipFile(_Bounded(plain)) as handle:
            yield _zip_members(archive, handle, most)
    else:
        kind = _bounded_headers(4 * most.files)
        with (
            gzip.open(archive) as packed,
            tarfile.open(fileobj=_Bounded(packed), mode="r:", tarinfo=kind) as handle,  # type: ignore[arg-type, call-overload]
        ):
            yield _tar_members(archive, handle, most)


class _Bounded:
    """A file that is read in pieces only: tarfile would take a header of any size into memory, zipfile a directory."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable

    def read(self, size: int = -1) -> bytes:
        if size > MOST_PIECE_BYTES:
            raise ValueError("a header is larger than allowed")
        # zipfile reads to the end where it looks for a comment.
        data = self._file.read(size if size >= 0 else MOST_PIECE_BYTES + 1)
        if len(data) > MOST_PIECE_BYTES:
            raise ValueError("a header is larger than allowed")
        return data


def _bounded_headers(most: int) -> type[tarfile.TarInfo]:
    """Return the class of a tar archive's headers: at most so many, none that takes much memory, none with holes."""
    count = 0

    class Header(tarfile.TarInfo):
        @classmethod
        def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Header:
            nonlocal count
            count += 1
            found = super().frombuf(buf, encoding, errors)
            if count > most:
                raise ValueError(f"has more than {most} headers")
            if found.type == tarfile.GNUTYPE_SPARSE:
                raise ValueError("holds a file with holes")
            if found.type in _EXTENSIONS and found.size > MOST_EXTENSION_BYTES:
                raise ValueError("a header is larger than allowed")
            return found

        # tarfile would read a map of the holes, of any length, into a list; a test holds us to its name.
        def _proc_gnusparse_10(self, *_: object) -> None:
            raise ValueError("holds a file with holes")

    return Header


def _tar_members(archive: Path, handle: tarfile.TarFile, most: UnpackLimits) -> Iterator[_Member]:
    for count, info in enumerate(handle):
        if count > 2 * most.files:
            raise _refused(archive, f"holds more than {most.files} files")
        if info.isdir():
            continue
        if not info.isreg():
            raise _refused(archive, f"{info.name!r} is no plain file")
        yield _Member(info.name, lambda info=info: handle.extractfile(info))  # type: ignore[misc]


def _zip_members(archive: Path, handle: zipfile.ZipFile, most: UnpackLimits) -> Iterator[_Member]:
    if len(handle.infolist()) > 2 * most.files:
        raise _refused(archive, f"holds more than {most.files} files")
    for info in handle.infolist():
        if info.is_dir():
            continue
        kind = stat.S_IFMT(info.external_attr >> 16)
        if kind not in (0, stat.S_IFREG):
            raise _refused(archive, f"{info.filename!r} is no plain file")
        if info.compress_type not in _PACKINGS:
            raise _refused(archive, f"{info.filename!r} is packed by a method other than deflate")
        yield _Member(info.filename, lambda info=info: handle.open(info))  # type: ignore[misc]


def _extract(archive: Path, members: Iterator[_Member], folder: Path, most: UnpackLimits) -> None:
    home: str | None = None
    seen: set[str] = set()
    left = most.total_bytes
    for member in members:
        top, _, name = member.path.removeprefix("./").rpartition("/")
        if not _NAME.fullmatch(name) or name in (".", "..") or ".." in top.split("/") or top.startswith("/"):
            raise _refused(archive, f"{member.path!r} is no plain name")
        home = top if home is None else home
        if top != home:
            raise _refused(archive, f"{member.path!r} is in a different folder from the files before it")
        if name.lower() in seen:
            raise _refused(archive, f"{member.path!r} is there twice")
        seen.add(name.lower())
        if len(seen) > most.files:
            raise _refused(archive, f"holds more than {most.files} files")
        left -= _copy(archive, member, folder / name, min(left, most.file_bytes))


def _copy(archive: Path, member: _Member, target: Path, most: int) -> int:
    source = member.open()
    if source is None:
        raise _refused(archive, f"{member.path!r} is no plain file")
    size = 0
    with source, _created(target) as handle:
        while piece := source.read(CHUNK_BYTES):
            size += len(piece)
            if size > most:
                raise _refused(archive, f"{member.path!r} makes it larger than allowed")
            handle.write(piece)
    return size


def _created(target: Path) -> IO[bytes]:
    try:
        return target.open("xb")
    except OSError as error:
        raise OutputError(f"{target}: cannot be written: {error.strerror or error}") from error


def _refused(archive: Path, why: str) -> InputError:
    return InputError(f"{archive}: {why}", hint=HINT)
