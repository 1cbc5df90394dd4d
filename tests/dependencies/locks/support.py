"""What the tests of the readers share."""

from __future__ import annotations

from collections.abc import Mapping

from ops.supply_chain.contracts.values.lock import Lock, LockEntry
from ops.supply_chain.dependencies.locks.read import read_lock
from ops.supply_chain.dependencies.locks.readers.requirements import ReadIncluded

SHA = "sha256:" + "a" * 64
OTHER_SHA = "sha256:" + "b" * 64
MD5 = "md5:" + "c" * 32
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def among(files: Mapping[str, str | bytes]) -> ReadIncluded:
    """Stand for a project that holds these files."""
    held = {path: data if isinstance(data, bytes) else data.encode() for path, data in files.items()}
    return held.get


def read(path: str, text: str | bytes, others: Mapping[str, str | bytes] | None = None) -> Lock:
    """Read a lock from its text, with other files of its project."""
    return read_lock(path, text if isinstance(text, bytes) else text.encode(), among(others or {}))


def only(lock: Lock) -> LockEntry:
    """Return the one entry of a lock."""
    (entry,) = lock.entries
    return entry


def codes(lock: Lock) -> list[str]:
    """Return the codes of a lock's findings."""
    return [finding.code for finding in lock.findings]


def by_name(lock: Lock) -> dict[str, LockEntry]:
    """Return a lock's entries by name; the last of several."""
    return {entry.pin.name: entry for entry in lock.entries}
