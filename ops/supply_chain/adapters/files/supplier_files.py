"""Documents that a command line names: files, folders, and archives that have exactly one reading; one at a time in memory.

A file next to a document that has its name and the end of a signature belongs to it. An archive is read to its end before the
first document of it is given, so a broken one gives none. What cannot be read is given with the reason.
"""

from __future__ import annotations

import os
import stat
import zlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, NamedTuple

from ops.supply_chain.adapters.files.supplier_store import SignatureFile
from ops.supply_chain.core.errors import ErrorClass, UsageError
from ops.supply_chain.core.text import printable
from ops.supply_chain.formats.archives import tar_reader, zip_reader
from ops.supply_chain.formats.json_reader import LARGEST_BYTES

MOST_FILES = 200_000
"""Files of one folder, and entries of one archive."""

MOST_SIGNATURE_BYTES = 64 << 20
"""Of all signatures of one document; an attestation contains its whole SBOM."""

MOST_SIGNATURES = 16
"""Signatures of one document; further ones are not read."""

MOST_ARCHIVE_BYTES = 8 << 30
"""Of everything in one archive."""

BUNDLE_ENDS = (".sigstore.json", ".sigstore", ".bundle", ".intoto.json", ".intoto.jsonl", ".att", ".dsse.json")
DETACHED_ENDS = (".sig", ".sig.b64", ".signature")
CERTIFICATE_ENDS = (".crt", ".cert", ".pem")
SIGNATURE_ENDS = (*BUNDLE_ENDS, *DETACHED_ENDS, *CERTIFICATE_ENDS)
"""How the name of a file ends that may sign the file whose name it has without that end."""

ARCHIVE_ENDS = (".tar.gz", ".tgz", ".zip")

_BROKEN = (zlib.error, EOFError, ValueError)


class GivenDocument(NamedTuple):
    """A document: its place as people see it, its name, its bytes and signatures; or `problem`, why it was not read.

    `source` is the address that it came from, empty for a file.
    """

    place: str
    name: str
    data: bytes = b""
    signatures: tuple[SignatureFile, ...] = ()
    problem: str = ""
    source: str = ""


class _BrokenArchiveError(Exception):
    """An archive has no single reading, or is too large; the text has the reason."""


def given_documents(paths: Sequence[Path]) -> Iterator[GivenDocument]:
    """Yield the documents of files, folders and archives, in the order given and by name.

    Raises:
        UsageError: A path is not there.
    """
    for path in paths:
        if not path.exists():
            raise UsageError(f"{path}: no such file or folder", kind=ErrorClass.COMMAND_LINE)
    for path in paths:
        yield from _folder(path) if path.is_dir() else _file(path, path.name)


def document_at(path: Path, place: str, *, source: str) -> Iterator[GivenDocument]:
    """Yield the documents of a file, or of an archive, that was downloaded: its place and source are an address."""
    for document in _file(path, place):
        yield document._replace(source=source)


def signed_name(name: str, names: frozenset[str] | set[str]) -> str:
    """Return the name of the file that a file of this name signs, if it is one of the names; else empty."""
    if not name.lower().endswith(SIGNATURE_ENDS):
        return ""
    for end in sorted(SIGNATURE_ENDS, key=len, reverse=True):
        if name.lower().endswith(end) and name[: -len(end)] in names:
            return name[: -len(end)]
    return ""


def _folder(folder: Path) -> Iterator[GivenDocument]:
    count = 0
    for base, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        shown = frozenset(name for name in names if not name.startswith("."))
        for name in sorted(shown):
            if signed_name(name, shown):
                continue
            count += 1
            path = Path(base) / name
            place = path.relative_to(folder).as_posix()
            if count > MOST_FILES:
                yield GivenDocument(str(folder), folder.name, problem=f"has more than {MOST_FILES:,} files")
                return
            yield from _file(path, place, shown)


def _file(path: Path, place: str, siblings: frozenset[str] | None = None) -> Iterator[GivenDocument]:
    place = printable(place)
    try:
        if path.name.lower().endswith(ARCHIVE_ENDS):
            yield from _archive(path, place)
        else:
            yield _document(path, place, siblings)
    except _BrokenArchiveError as error:
        yield GivenDocument(place, path.name, problem=f"the archive cannot be used: {printable(str(error))}")
    except OSError as error:
        yield GivenDocument(place, path.name, problem=f"cannot be read: {error.strerror or error}")


def _document(path: Path, place: str, siblings: frozenset[str] | None) -> GivenDocument:
    data = _read(path)
    if data is None:
        return GivenDocument(place, path.name, problem=f"is no plain file, or is larger than {LARGEST_BYTES:,} bytes")
    return GivenDocument(place, _text(path.name), data, _signatures_of(path, siblings))


def _text(name: str) -> str:
    """Return a file's name as text that can be stored: bytes that are no characters are `?`."""
    return name.encode("utf-8", "replace").decode().replace("\0", "?")


def _read(path: Path) -> bytes | None:
    """Return a file's bytes; None if it is no plain file, or too large."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as handle:
        if not stat.S_ISREG(os.fstat(handle.fileno()).st_mode):
            return None
        data = handle.read(LARGEST_BYTES + 1)
    return data if len(data) <= LARGEST_BYTES else None


def _signatures_of(path: Path, siblings: frozenset[str] | None) -> tuple[SignatureFile, ...]:
    """Return the signatures next to a file; `siblings` are the names in its folder, where they are known."""
    found: list[SignatureFile] = []
    size = 0
    for end in SIGNATURE_ENDS:
        if siblings is not None and path.name + end not in siblings:
            continue
        beside = path.with_name(path.name + end)
        if not beside.is_file():
            continue
        data = _read(beside)
        size += len(data or b"")
        if data is not None and size <= MOST_SIGNATURE_BYTES:
            found.append(SignatureFile(_text(beside.name), data))
    return tuple(found)


Member = tar_reader.TarMember | zip_reader.ZipMember


def _archive(path: Path, place: str) -> Iterator[GivenDocument]:
    with path.open("rb") as file:
        names = frozenset(_names(path, file))
        signatures: defaultdict[str, list[SignatureFile]] = defaultdict(list)
        size = 0
        for member in _members(path, file):
            target = signed_name(member.path, names)
            if target and len(signatures[target]) < MOST_SIGNATURES:
                data = _content(member, MOST_SIGNATURE_BYTES)
                size += len(data or b"")
                if data is not None and size <= MOST_SIGNATURE_BYTES:
                    signatures[target].append(SignatureFile(_text(member.path.rpartition("/")[2]), data))
        for member in _members(path, file):
            name = member.path.rpartition("/")[2]
            if member.is_folder or name.startswith(".") or signed_name(member.path, names):
                continue
            inside, data = f"{place}:{printable(member.path)}", _content(member, LARGEST_BYTES)
            if data is None:
                yield GivenDocument(inside, name, problem=f"is larger than {LARGEST_BYTES:,} bytes")
            else:
                yield GivenDocument(inside, _text(name), data, tuple(signatures[member.path]))


def _names(path: Path, file: IO[bytes]) -> Iterator[str]:
    """Read an archive to its end, and yield the names of its files."""
    size = 0
    seen: set[str] = set()
    for member in _members(path, file):
        for piece in member.pieces:
            size += len(piece)
            if size > MOST_ARCHIVE_BYTES:
                raise _BrokenArchiveError(f"has more than {MOST_ARCHIVE_BYTES:,} bytes when it is unpacked")
        if member.path in seen:
            raise _BrokenArchiveError(f"{member.path!r} is there twice")
        if isinstance(member, tar_reader.TarMember) and member.link:
            raise _BrokenArchiveError(f"{member.path!r} is a link")
        seen.add(member.path)
        if not member.is_folder:
            yield member.path


def _members(path: Path, file: IO[bytes]) -> Iterator[Member]:
    file.seek(0)
    try:
        if path.name.lower().endswith(".zip"):
            yield from zip_reader.zip_members(file, zip_reader.ZipRules(MOST_FILES))
        else:
            yield from tar_reader.tar_members(file, tar_reader.TarRules(2 * MOST_FILES))
    except tar_reader.TarMemberError as error:
        raise _BrokenArchiveError(f"{error.args[0]!r} is no plain file") from error
    except zip_reader.ZipMemberError as error:
        raise _BrokenArchiveError(f"{error.args[0]!r} {error.args[1]}") from error
    except _BROKEN as error:
        raise _BrokenArchiveError(str(error)) from error


def _content(member: Member, most: int) -> bytes | None:
    """Return what a member has; None if that is too large."""
    parts: list[bytes] = []
    left = most
    for piece in member.pieces:
        left -= len(piece)
        if left < 0:
            return None
        parts.append(piece)
    return b"".join(parts)
