"""Unpacking a release from a `.tar.gz` or `.zip` without trusting its metadata.

Only an archive with exactly one reading is unpacked (`tar_reader`, `zip_reader`), so that what was verified is what
every other program extracts. Only plain files are taken, all from one folder of the archive, under plain names, each
once; sizes are counted as bytes come out, not as the archive states them. Needs nothing but the standard library.

Source: CVE-2007-4559 (names that lead out of the folder).
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple

from ops.supply_chain.core.errors import InputError, OutputError
from ops.supply_chain.formats.archives import tar_reader, zip_reader

HINT = "Unpack it yourself, inspect its contents, and pass the folder."
_NAME = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9._+-]{0,254}")
_FOLDER = re.compile(r"(?:\./)?(?:[A-Za-z0-9_. ()+@=,~-]+/)*")


class UnpackLimits(NamedTuple):
    """The most that an archive may hold: files, bytes of one, bytes of all."""

    files: int = 2_000
    file_bytes: int = 2 << 30
    total_bytes: int = 8 << 30


Member = tar_reader.TarMember | zip_reader.ZipMember


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
        InputError: It is broken, too large, has more than one reading, or holds anything but plain files of one
            folder.
        OutputError: The folder cannot be written.
    """
    most = limits or UnpackLimits()
    try:
        with archive.open("rb") as file:
            _extract(archive, _members(archive, file, most), folder, most)
    except tar_reader.TarMemberError as error:
        raise _refused(archive, f"{error.args[0]!r} is no plain file") from error
    except zip_reader.ZipMemberError as error:
        raise _refused(archive, f"{error.args[0]!r} {error.args[1]}") from error
    except (zlib.error, EOFError, ValueError) as error:
        raise _refused(archive, f"cannot be unpacked: {error}") from error
    except OSError as error:
        raise _refused(archive, f"cannot be read: {error.strerror or error}") from error


def _members(archive: Path, file: IO[bytes], most: UnpackLimits) -> Iterator[Member]:
    if archive.name.endswith(".zip"):
        return zip_reader.zip_members(file, zip_reader.ZipRules(2 * most.files))
    return tar_reader.tar_members(file, tar_reader.TarRules(4 * most.files))


def _extract(archive: Path, members: Iterator[Member], folder: Path, most: UnpackLimits) -> None:
    home: str | None = None
    folders: set[str] = set()
    seen: set[str] = set()
    left = most.total_bytes
    for member in members:
        if member.is_folder:
            _add_folder(archive, member.path.rstrip("/"), folders)
            continue
        top, slash, name = member.path.rpartition("/")
        if not _NAME.fullmatch(name) or name in (".", "..") or not _is_plain(top + slash):
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
    other = sorted(path for path in folders if path != "." and not f"{home or ''}/".startswith(f"{path}/"))
    if other:
        raise _refused(archive, f"{other[0]!r} is a folder without files")


def _add_folder(archive: Path, path: str, folders: set[str]) -> None:
    if path in folders:
        raise _refused(archive, f"{path!r} is there twice")
    if path != "." and not _is_plain(f"{path}/"):
        raise _refused(archive, f"{path!r} is no plain name")
    folders.add(path)


def _is_plain(folder: str) -> bool:
    """Return whether a folder's name leads down, by the same way on every system."""
    return bool(_FOLDER.fullmatch(folder)) and not {".", ".."} & set(folder.removeprefix("./").split("/"))


def _copy(archive: Path, member: Member, target: Path, most: int) -> int:
    size = 0
    with _created(target) as handle:
        for piece in member.pieces:
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
