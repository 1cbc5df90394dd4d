"""Folders that appear complete under their name or not at all; and the contents of a folder.

A folder is built beside its target under a hidden name, flushed to the disk and renamed in one step. One that replaces
another changes places with it, so that at any moment either is there, whole. A process killed at any moment leaves at
most a `.tmp-*` folder, which no reader takes for anything and which the next build of the same target's siblings removes.

Source: renameat2(2), renamex_np(2)
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec

from ops.supply_chain.core.digests import CHUNK_BYTES, sha256_file
from ops.supply_chain.core.errors import ErrorClass, InputError, OutputError, UnavailableError
from ops.supply_chain.core.files import FILE_MODE, TEMPORARY_SUFFIX
from ops.supply_chain.core.text import is_text

TEMPORARY_PREFIX = ".tmp-"
FOLDER_MODE = 0o755
LOCK_NAME = ".lock"
LOCK_SECONDS = 60
READERS = 4
"""Threads that read and hash files."""

REPLACED = "replaced"
"""In a `.tmp-*` folder: the folder that is being replaced, under its own name."""

AT_FDCWD, RENAME_EXCHANGE, RENAME_SWAP = -100, 2, 2
"""From `<fcntl.h>` and `<linux/fs.h>` on Linux; `RENAME_SWAP` from `<sys/stdio.h>` on macOS."""


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """A file's SHA-256 and its size in bytes."""

    sha256: str
    size: int


def measure(path: Path) -> Measured:
    """Return digest and size of a file, read in pieces.

    Raises:
        InputError: It is missing, cannot be read, or is not a plain file.
    """
    import hashlib

    digest = hashlib.sha256()
    size = 0
    for piece in _pieces(path):
        digest.update(piece)
        size += len(piece)
    return Measured(sha256=digest.hexdigest(), size=size)


def sha256_of_each(files: Mapping[str, Path]) -> dict[str, str]:
    """Return the digests of files under the same names, read by several threads, which end before this returns.

    Raises:
        InputError: One is missing or cannot be read.
    """
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(READERS) as pool:
        return dict(zip(files, pool.map(sha256_file, files.values()), strict=True))


def files_in(folder: Path) -> tuple[str, ...]:
    """List a folder: plain names, sorted; hidden ones are what a killed run left, and no part of it.

    Returns:
        Names of everything that is not hidden, subfolders included; empty if there is no such folder.
    Raises:
        InputError: It cannot be read, or a name is not in UTF-8, which our documents cannot represent.
    """
    try:
        names = sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise InputError(f"{folder}: cannot be read: {error.strerror or error}") from error
    for name in names:
        if not is_text(name):
            raise InputError(f"{folder}: the name {name!r} is not in UTF-8", hint="Rename it, or take it away.")
    return tuple(names)


def plain_files(base: Path, folders: Iterable[str], singles: Iterable[str] = ()) -> tuple[str, ...]:
    """List the files that lie directly in some folders, and single files, as far as they are there.

    Args:
        base: What the results are relative to.
        folders: Folder names below it; their subfolders are not entered.
        singles: Further files below it.
    Returns:
        Paths relative to `base`, with `/`, sorted; hidden ones are left out.
    """
    found = [f"{folder}/{name}" for folder in folders for name in files_in(base / folder)]
    found = [path for path in found if not (base / path).is_dir() or (base / path).is_symlink()]
    return tuple(sorted([*found, *(single for single in singles if (base / single).exists())]))


def copy_measured(source: Path, target: Path) -> Measured:
    """Copy a file's bytes to a new file with mode 0644, flushed to the disk, and measure what was copied.

    Raises:
        InputError: The source cannot be read or is not a plain file.
        OutputError: The target is there already or cannot be written.
    """
    import hashlib

    digest = hashlib.sha256()
    size = 0
    pieces = _pieces(source)
    try:
        with target.open("xb") as handle:
            for piece in pieces:
                handle.write(piece)
                digest.update(piece)
                size += len(piece)
            handle.flush()
            os.fchmod(handle.fileno(), FILE_MODE)
            os.fsync(handle.fileno())
    except OSError as error:
        raise _cannot_write(target, error) from error
    return Measured(sha256=digest.hexdigest(), size=size)


@contextmanager
def building(target: Path, *, replace: bool) -> Iterator[Path]:
    """Give an empty hidden folder beside `target`, and make it the target when the block ends well.

    Args:
        target: The folder to be; its parent is made if missing.
        replace: Whether one that is there already gives way; else that is an error.
    Raises:
        OutputError: The disk is full, the parent cannot be written, or the target is there.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        remove_leftovers(target.parent)
        work = _fresh_folder(target.parent)
    except OSError as error:
        raise _cannot_write(target, error) from error
    try:
        yield work
        _publish(work, target, replace=replace)
    except OSError as error:
        raise _cannot_write(target, error) from error
    finally:
        _remove_tree(work, ignore_errors=True)


def remove(target: Path) -> None:
    """Remove a folder so that it is complete until it is gone.

    Raises:
        OutputError: It cannot be removed.
    """
    try:
        _remove_tree(_set_aside(target))
    except OSError as error:
        raise OutputError(f"{target}: cannot be removed: {error.strerror or error}") from error


def empty(folder: Path) -> None:
    """Remove a folder of artifacts that will be rewritten, if it exists.

    Raises:
        OutputError: It cannot be removed.
    """
    try:
        if folder.is_symlink():
            folder.unlink()
        elif folder.exists():
            _remove_tree(folder)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be removed: {error.strerror or error}") from error


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Lock a folder for this run, after making it and removing the leftovers of killed runs; wait for another run.

    Raises:
        UnavailableError: Another run does not let go of it.
        OutputError: The folder cannot be made or cleaned.
    """
    from filelock import FileLock, Timeout

    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / LOCK_NAME, timeout=LOCK_SECONDS):
            remove_leftovers(folder)
            yield
    except Timeout as error:
        raise UnavailableError(
            f"{folder}: another run has locked it for {LOCK_SECONDS} s",
            hint="Wait for that run, or end it, then run again.",
            kind=ErrorClass.BUSY,
        ) from error
    except OSError as error:
        raise OutputError(f"{folder}: cannot be used: {error.strerror or error}") from error


def remove_leftovers(parent: Path) -> None:
    """Remove what killed runs left in a folder. Only the holder of that folder's lock may call this.

    Raises:
        OSError: Something cannot be removed.
    """
    for path in parent.glob(f"{TEMPORARY_PREFIX}*"):
        _restore(path, parent)
        _remove_tree(path)
    for path in parent.glob(f".*{TEMPORARY_SUFFIX}"):
        path.unlink()


def _fresh_folder(parent: Path) -> Path:
    from tempfile import mkdtemp  # with what it needs a tenth of the imports of a stage that only reads

    return Path(mkdtemp(prefix=TEMPORARY_PREFIX, dir=parent))


def _remove_tree(folder: Path, *, ignore_errors: bool = False) -> None:
    from shutil import rmtree

    rmtree(folder, ignore_errors=ignore_errors)


def _publish(work: Path, target: Path, *, replace: bool) -> None:
    work.chmod(FOLDER_MODE)
    _flush_folder(work)
    if target.is_symlink() or (target.exists() and not replace):
        raise OutputError(f"{target}: is there already")
    if target.exists():
        _replace(work, target)
    else:
        work.rename(target)
        _flush_folder(target.parent)


def _replace(work: Path, target: Path) -> None:
    """Put a folder in the place of another, which is removed."""
    if _exchange(work, target):
        _flush_folder(target.parent)
        _remove_tree(work)
        return
    # Where the system cannot exchange two folders, one that is killed in between is restored by `remove_leftovers`.
    aside = _set_aside(target, under=REPLACED)
    work.rename(target)
    _flush_folder(target.parent)
    _remove_tree(aside)


def _exchange(first: Path, second: Path) -> bool:
    """Let two folders change places in one step; False where the system or the file system cannot."""
    import ctypes

    library = ctypes.CDLL(None, use_errno=True)
    paths = os.fsencode(first), os.fsencode(second)
    if sys.platform == "darwin":
        call = getattr(library, "renamex_np", None)
        return call is not None and call(*paths, RENAME_SWAP) == 0
    call = getattr(library, "renameat2", None)
    return call is not None and call(AT_FDCWD, paths[0], AT_FDCWD, paths[1], RENAME_EXCHANGE) == 0


def _restore(leftover: Path, parent: Path) -> None:
    """Give a folder that was being replaced its name back, if its successor never got it."""
    held = leftover / REPLACED
    for folder in held.iterdir() if held.is_dir() else ():
        if not (parent / folder.name).exists():
            folder.rename(parent / folder.name)
            _flush_folder(parent)


def _set_aside(target: Path, *, under: str = "removed") -> Path:
    # Into a fresh folder, because a rename onto a name must not meet a leftover of that name.
    aside = _fresh_folder(target.parent)
    (aside / under).mkdir()
    target.rename(aside / under / target.name)
    _flush_folder(target.parent)
    return aside


def _pieces(path: Path) -> Iterator[bytes]:
    try:
        # A link or a pipe in place of a file must not be followed or waited for.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as handle:
            while piece := handle.read(CHUNK_BYTES):
                yield piece
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from error


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _cannot_write(path: Path, error: OSError) -> OutputError:
    return OutputError(
        f"{path}: cannot be written: {error.strerror or error}",
        hint="Check free space and permissions of that folder, then run again.",
    )
