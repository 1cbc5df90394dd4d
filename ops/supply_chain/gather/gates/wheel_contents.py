"""What the wheels of the locks contain: read from the files beside the locks, and from wheels that were downloaded."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath
from typing import IO, NamedTuple

from ops.supply_chain.adapters.files.project_files import ProjectFiles
from ops.supply_chain.contracts.base import FileRef
from ops.supply_chain.contracts.files.wheel_contents import RecordedWheel, WheelContents
from ops.supply_chain.contracts.values.lock import Lock
from ops.supply_chain.core import canonical
from ops.supply_chain.core.commands import command
from ops.supply_chain.core.digests import CHUNK_BYTES, sha256_bytes

SUFFIX = ".contents.json"
RECORD = command("check_hashes", "--bytes", "--record")


class RecordedContents(NamedTuple):
    """The files beside the locks: `by_lock` has those that exist, `refs` their digests, by path relative to the project."""

    by_lock: dict[str, tuple[RecordedWheel, ...]]
    refs: tuple[FileRef, ...]

    @property
    def wheels(self) -> tuple[RecordedWheel, ...]:
        """All wheels, each once, sorted."""
        if not self.by_lock:
            return ()
        from ops.supply_chain.inventory.distributions.recorded import wheel_order

        return tuple(sorted({wheel for wheels in self.by_lock.values() for wheel in wheels}, key=wheel_order))


def contents_beside(lock: str) -> str:
    """Return where the contents of a lock's wheels are recorded: `requirements.contents.json` and the like."""
    return str(PurePosixPath(lock).with_suffix(SUFFIX))


def recorded_contents(root: Path, locks: Iterable[Lock]) -> RecordedContents:
    """Read what is recorded beside locks.

    Raises:
        InputError: A file is malformed, or leads out of the project.
    """
    files = ProjectFiles(root, hint=f"Write it again: {RECORD}")
    by_lock, refs = {}, {}
    for lock in locks:
        path = contents_beside(lock.path)
        data = files.read(path)
        if data is not None:
            by_lock[lock.path] = canonical.decode(data, WheelContents, where=path).wheels
            refs[path] = FileRef(path=f"project:{path}", sha256=sha256_bytes(data), size=len(data))
    return RecordedContents(by_lock, tuple(refs[path] for path in sorted(refs)))


def write_contents(root: Path, lock: str, wheels: Sequence[RecordedWheel]) -> FileRef:
    """Write what the wheels of a lock contain.

    Args:
        root: The project's folder.
        lock: The path of the lock.
        wheels: Sorted.
    """
    path = contents_beside(lock)
    data = canonical.write(root / path, WheelContents(schema="wheel-contents/1", wheels=tuple(wheels)))
    return FileRef(path=f"project:{path}", sha256=sha256_bytes(data), size=len(data))


def open_wheel(file: IO[bytes], name: str, version: str, file_name: str) -> RecordedWheel:
    """Read the contents of a wheel.

    Args:
        file: Its bytes; seekable.
        name: Of the package, in PEP 503 form.
        version: As the lock has it.
        file_name: Of the wheel.
    Returns:
        Its record; one that cannot be read says why.
    """
    # What reads binaries and licences of wheels is 25 modules, and few runs open a wheel.
    from ops.supply_chain.formats.archives.distribution import UnreadableDistributionError, feed_files
    from ops.supply_chain.inventory.distributions.contents import ContentsReader
    from ops.supply_chain.inventory.distributions.recorded import recorded_wheel, unopened_wheel

    file.seek(0)
    digest = hashlib.sha256()
    while piece := file.read(CHUNK_BYTES):
        digest.update(piece)
    sha256 = digest.hexdigest()
    reader = ContentsReader()
    try:
        feed_files(file, file_name, reader.take, reader.take_link)
    except UnreadableDistributionError as error:
        return unopened_wheel(name, version, file_name, sha256, str(error))
    return recorded_wheel(name, version, file_name, sha256, reader.contents())
