"""The ledger file: read whole, added to under a lock, flushed to the disk before anything relies on it.

Two gates of one run may add at the same time; the lock, a file beside the ledger, makes them take turns,
and each reads the file again before it appends. A line that a killed writer left incomplete is cut off by the next.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from ops.supply_chain.contracts.files.ledger import Ledger, Sighting, read_ledger
from ops.supply_chain.core.errors import InputError, OutputError, UnavailableError

FOLDER = "ledger"
"""Below the folder of retained artifacts."""

LOCK_SECONDS = 60
FILE_MODE = 0o644


def ledger_path(artifacts: Path, component: str) -> Path:
    """Return where a component's ledger lies, whether it is there or not."""
    return artifacts / FOLDER / f"{component}.jsonl"


def read(path: Path) -> Ledger | None:
    """Read a ledger.

    Returns:
        The ledger, or None where there is none yet.
    Raises:
        InputError: It cannot be read, or is damaged elsewhere than in a torn last line.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from error
    return read_ledger(data, where=str(path))


def add(path: Path, sightings: Iterable[Sighting], *, today: date) -> None:
    """Add what was seen and is not in the ledger yet, making the file where there is none.

    Args:
        path: The ledger.
        sightings: Every finding of this run.
        today: The day of the run.
    Raises:
        InputError: The ledger is damaged; nothing is added.
        OutputError: It cannot be written.
        UnavailableError: Another process does not let go of it.
    """
    from filelock import FileLock, Timeout

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_name(f".{path.name}.lock"), timeout=LOCK_SECONDS):
            known = read(path) or Ledger()
            _append(path, known, known.additions(sightings, today=today))
    except Timeout as error:
        raise UnavailableError(
            f"ledger {path.name}: another run has locked it for {LOCK_SECONDS} s",
            hint="Wait for that run, or end it, then run again.",
        ) from error
    except OSError as error:
        raise OutputError(
            f"{path}: cannot be written: {error.strerror or error}",
            hint="Check free space and permissions of that folder, then run again.",
        ) from error


def _append(path: Path, known: Ledger, added: bytes) -> None:
    if not added and not known.torn:
        return
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, FILE_MODE)
    try:
        if known.torn:
            os.ftruncate(descriptor, known.whole_bytes)
        os.lseek(descriptor, 0, os.SEEK_END)
        while added:
            added = added[os.write(descriptor, added) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
