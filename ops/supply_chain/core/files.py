"""Atomic file writing: a file is either whole under its own name, or not there.

The bytes go to a temporary file in the same folder, are flushed to the disk, get mode 0644 whatever
the user's umask, and replace the target in one step. A process killed at any moment leaves at most
a `.*.tmp` file, which no reader ever takes for the real one.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from ops.supply_chain.core.errors import OutputError

FILE_MODE = 0o644
TEMPORARY_SUFFIX = ".tmp"


def write_atomic(path: Path, chunks: bytes | Iterable[bytes], *, durable: bool = True) -> None:
    """Write a file so that no reader ever sees a part of it.

    Args:
        path: The target; its folder is made if missing.
        chunks: The whole content, or its parts in order.
        durable: Flush to the disk before the rename; False only for what can be regenerated.
    Raises:
        OutputError: The disk is full, the folder cannot be written, or the target is a folder.
    """
    parts = (chunks,) if isinstance(chunks, bytes) else chunks
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = _open_temporary(path)
    except OSError as error:
        raise _cannot_write(path, error) from error
    try:
        with os.fdopen(descriptor, "wb") as handle:
            for part in parts:
                handle.write(part)
            handle.flush()
            os.fchmod(handle.fileno(), FILE_MODE)
            if durable:
                os.fsync(handle.fileno())
        name.replace(path)
    except OSError as error:
        name.unlink(missing_ok=True)
        raise _cannot_write(path, error) from error
    except BaseException:
        name.unlink(missing_ok=True)
        raise


def _open_temporary(path: Path) -> tuple[int, Path]:
    """Create a file beside another one, as `tempfile.mkstemp` does, which a stage would import for nothing else."""
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL
    for optional in ("O_NOFOLLOW", "O_CLOEXEC", "O_BINARY", "O_NOINHERIT"):
        flags |= getattr(os, optional, 0)
    while True:
        name = path.with_name(f".{path.name[:100]}.{os.urandom(6).hex()}{TEMPORARY_SUFFIX}")
        with suppress(FileExistsError):
            return os.open(name, flags, 0o600), name


def _cannot_write(path: Path, error: OSError) -> OutputError:
    return OutputError(
        f"{path}: cannot be written: {error.strerror or error}",
        hint="Check free space and permissions of that folder, then run again.",
    )
