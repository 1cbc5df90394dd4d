"""An SQLite file in a cache, written as a whole: under another name, and renamed once it is on the disk."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

from ops.supply_chain.core.errors import OutputError


def write_index(path: Path, fill: Callable[[sqlite3.Connection], None]) -> None:
    """Write an index.

    Args:
        path: The file; its folder is created if missing.
        fill: Writes into the empty database and commits; after an error the file is deleted, so it needs no journal.
    Raises:
        OutputError: The cache cannot be written.
    """
    import tempfile  # most runs only read an index

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".tmp")
    except OSError as error:
        raise _cannot_write(path, error) from error
    temporary = Path(name)
    try:
        os.close(descriptor)
        with contextlib.closing(sqlite3.connect(temporary, isolation_level=None)) as database:
            fill(database)
        with temporary.open("rb") as handle:
            os.fsync(handle.fileno())
        temporary.replace(path)
    except (OSError, sqlite3.Error) as error:
        raise _cannot_write(path, error) from error
    finally:
        temporary.unlink(missing_ok=True)


def _cannot_write(path: Path, error: Exception) -> OutputError:
    return OutputError(
        f"{path}: cannot be written: {error}",
        hint="Check free space and permissions of the cache folder, then run again.",
    )
