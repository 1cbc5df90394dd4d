"""The locks of a project folder, found on disk and read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ops.supply_chain.adapters.files.project_files import ProjectFiles
from ops.supply_chain.contracts.config.locks import LocksConfig
from ops.supply_chain.contracts.values.lock import Lock
from ops.supply_chain.core.collector import without_collection

if TYPE_CHECKING:
    from ops.supply_chain.dependencies.locks.classify import Classified
    from ops.supply_chain.dependencies.locks.project import ReadLocks


def find_locks(root: Path, config: LocksConfig) -> list[str]:
    """Find the locks of a project; see `locks.project.find_locks`.

    Args:
        root: The project's folder.
        config: Which files are locks.
    Returns:
        Paths relative to the project, sorted.
    Raises:
        InputError: A folder cannot be read.
    """
    from ops.supply_chain.dependencies.locks import project

    return project.find_locks(ProjectFiles(root), config)


def read_project_locks(root: Path, config: LocksConfig) -> tuple[Lock, ...]:
    """Read all locks of a project, for a command that needs every one of them.

    Args:
        root: The project's folder.
        config: Which files are locks.
    Returns:
        Sorted by path; empty where there is none.
    Raises:
        InputError: One or more locks are broken; each is named with file and line, one a line.
    """
    from ops.supply_chain.dependencies.locks import project

    found = read_good_locks(root, config)
    project.refuse_broken(found.broken)
    return found.locks


def read_good_locks(
    root: Path, config: LocksConfig, known: Mapping[str, Lock] | None = None, *, on_all_cores: bool = False
) -> ReadLocks:
    """Read all locks of a project; the broken ones are listed beside the others.

    Args:
        root: The project's folder.
        config: Which files are locks.
        known: Locks by path that were read in another state of the project and are the same in this one.
        on_all_cores: Whether other processes may read them, where they are large.
    Raises:
        UnavailableError: A process ended before it had read its own.
    """
    from ops.supply_chain.dependencies.locks import project

    read: project.ReadEach = project.read_each
    if on_all_cores:
        from ops.supply_chain.gather.gates.lock_readers import read_on_all_cores

        read = partial(read_on_all_cores, root)
    with without_collection():
        return project.read_project_locks(ProjectFiles(root), config, known, read=read)


def classify(root: Path, config: LocksConfig, found: ReadLocks) -> Classified:
    """Find what pins or declares packages in a project and is not read; see `locks.classify.classify`.

    Args:
        root: The project's folder.
        config: Which files are locks.
        found: Its locks.
    Raises:
        InputError: A folder cannot be read.
        UnavailableError: git does not answer.
        UsageError: `[locks].exclude` leaves out everything.
    """
    from ops.supply_chain.dependencies.locks import classify as classes

    broken = [lock.path for lock in found.broken]
    return classes.classify(ProjectFiles(root), config, locks=found.locks, broken=broken)


def refuse_all_broken(found: Sequence[ReadLocks]) -> None:
    """Refuse locks of which none can be read: there is nothing to examine.

    Raises:
        InputError: There is no other lock than broken ones; each is named with file and line.
    """
    from ops.supply_chain.dependencies.locks import project

    if not any(read.locks for read in found):
        project.refuse_broken([broken for read in found for broken in read.broken])
