"""The registry's file where nothing can be written next to it: on a read-only mount, or in a folder of another account.

SQLite opens a file with a write-ahead log only where it can make the index of that log. Without a log the file alone is
the whole database and can be read as one that does not change; the reader checks after each question that it did not.

Source: https://www.sqlite.org/wal.html#read_only_databases, https://www.sqlite.org/uri.html#uriimmutable
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import NamedTuple

_NOT_HERE = ("SQLITE_CANTOPEN", "SQLITE_READONLY")


class FileState(NamedTuple):
    """What changes when a database is written: time, size and number of its file, and the size of its log."""

    modified: int
    size: int
    inode: int
    log: int


class FrozenFile(NamedTuple):
    """A connection to a file that does not change, and the state in which it was opened."""

    connection: sqlite3.Connection
    path: Path
    opened: FileState

    def is_unchanged(self) -> bool:
        """Return whether the file is what it was when it was opened."""
        return file_state(self.path) == self.opened


def file_state(path: Path) -> FileState | None:
    """Return the state of a database's file; None if it is not there."""
    try:
        found = path.stat()
    except OSError:
        return None
    try:
        log = path.with_name(f"{path.name}-wal").stat().st_size
    except OSError:
        log = 0
    return FileState(found.st_mtime_ns, found.st_size, found.st_ino, log)


def open_frozen(path: Path, error: sqlite3.Error) -> FrozenFile:
    """Open a file after SQLite could not, as one that does not change.

    Args:
        path: The file, absolute.
        error: Why it could not be opened.
    Raises:
        sqlite3.Error: The same error, where it has another reason, or a log has what the file has not.
    """
    state = file_state(path)
    if state is None or state.log or not str(error.sqlite_errorname).startswith(_NOT_HERE):
        raise error
    return FrozenFile(sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True), path, state)
