"""The locks of a project folder, found on disk and read."""

from __future__ import annotations

from pathlib import Path

from ops.supply_chain.adapters.files.project_files import ProjectFiles
from ops.supply_chain.contracts.config.locks import LocksConfig
from ops.supply_chain.contracts.values.lock import Lock


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
    """Read all locks of a project; see `locks.project.read_project_locks`.

    Args:
        root: The project's folder.
        config: Which files are locks.
    Returns:
        Sorted by path; empty where there is none.
    Raises:
        InputError: One or more locks are broken; each is named with file and line, one a line.
    """
    from ops.supply_chain.dependencies.locks import project

    return project.read_project_locks(ProjectFiles(root), config)
