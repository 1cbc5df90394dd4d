"""Files added to a user's folder: never over an existing file, never through a link, complete or not at all.

Every step is taken from an open folder, so that a link that is put in place meanwhile leads nowhere.
"""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ops.supply_chain.core.errors import OutputError
from ops.supply_chain.core.files import FILE_MODE, TEMPORARY_SUFFIX
from ops.supply_chain.core.text import printable

FOLDER_MODE = 0o755
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_OLD = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def add_file(root: Path, path: str, data: bytes) -> None:
    """Make a file that is not there yet; its folders are made where they are missing.

    Args:
        root: The folder; it may itself be reached by a link.
        path: Relative to it, with `/`.
        data: The whole content.
    Raises:
        OutputError: Something of that name is there, a folder on the way is a link or no folder, or the disk
            refuses.
    """
    with _failing(path), _folder_of(root, path) as folder, _temporary(folder, path, data, FILE_MODE) as name:
        os.link(name, path.rsplit("/", 1)[-1], src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
        os.fsync(folder)


def replace_file(root: Path, path: str, *, old: bytes, new: bytes) -> None:
    """Replace a file whose content has not changed since it was read, and keep its mode.

    Args:
        root: The folder.
        path: Relative to it, with `/`.
        old: What was read of it.
        new: The whole content to be.
    Raises:
        OutputError: It is a link or no plain file, holds something else by now, or the disk refuses.
    """
    name = path.rsplit("/", 1)[-1]
    with _failing(path), _folder_of(root, path) as folder:
        content, mode = _read(folder, name)
        if content != old:
            raise OutputError(f"{printable(path)}: changed during the run, not overwritten", hint="Run again.")
        with _temporary(folder, path, new, mode) as made:
            os.rename(made, name, src_dir_fd=folder, dst_dir_fd=folder)
            os.fsync(folder)


def is_there(root: Path, path: str) -> bool:
    """Return whether a name is taken: by a file, a folder, a link that leads nowhere, or by a link or file in place
    of one of its folders.
    """
    parts = path.split("/")
    for count in range(1, len(parts)):
        folder = root.joinpath(*parts[:count])
        if os.path.lexists(folder) and (folder.is_symlink() or not folder.is_dir()):
            return True
    return os.path.lexists(root / path)


@contextmanager
def _failing(path: str) -> Iterator[None]:
    try:
        yield
    except FileExistsError as error:
        raise OutputError(
            f"{printable(path)}: created during the run, not overwritten", hint="Run again to see what is missing."
        ) from error
    except OSError as error:
        raise OutputError(
            f"{printable(path)}: cannot be written: {error.strerror or error}",
            hint="Check permissions and free space; a link in place of a folder is never followed. Then run again.",
        ) from error


@contextmanager
def _folder_of(root: Path, path: str) -> Iterator[int]:
    folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for part in path.split("/")[:-1]:
            with suppress(FileExistsError):
                os.mkdir(part, FOLDER_MODE, dir_fd=folder)
            inner = os.open(part, _FOLDER, dir_fd=folder)
            os.close(folder)
            folder = inner
        yield folder
    finally:
        os.close(folder)


@contextmanager
def _temporary(folder: int, path: str, data: bytes, mode: int) -> Iterator[str]:
    """Write a hidden file into the folder, and take it away again if it still bears that name."""
    name = f".{path.rsplit('/', 1)[-1]}.{secrets.token_hex(6)}{TEMPORARY_SUFFIX}"
    descriptor = os.open(name, _NEW, mode, dir_fd=folder)
    try:
        with os.fdopen(descriptor, "wb") as handle:
            handle.write(data)
            handle.flush()
            os.fchmod(handle.fileno(), mode)
            os.fsync(handle.fileno())
        yield name
    finally:
        with suppress(FileNotFoundError):
            os.unlink(name, dir_fd=folder)


def _read(folder: int, name: str) -> tuple[bytes, int]:
    descriptor = os.open(name, _OLD, dir_fd=folder)
    with os.fdopen(descriptor, "rb") as handle:
        status = os.fstat(handle.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise OSError("is no plain file")
        return handle.read(), stat.S_IMODE(status.st_mode)
