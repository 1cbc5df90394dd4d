"""The locks that uv compiles for a project: the walk of the disk put together with the plan."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from ops.supply_chain.adapters.files.lock_sources import list_files, matches, read_text
from ops.supply_chain.contracts.config.locks import LocksConfig
from ops.supply_chain.dependencies.compile.gathering import gather
from ops.supply_chain.dependencies.compile.job import Job
from ops.supply_chain.dependencies.compile.sources import LOCK_SUFFIX, SOURCE_SUFFIX


def read_jobs(root: Path, config: LocksConfig, *, now: datetime, label: str = "") -> list[list[Job]]:
    """Find every lock that is compiled from a source, there or not; see `compiling.gathering.gather`.

    Args:
        root: The project's folder.
        config: Which files are locks.
        now: The run's moment.
        label: What to call the project among several.
    Returns:
        Groups that depend on earlier groups only, each sorted by path.
    Raises:
        InputError: A source, a lock's header or `pyproject.toml` is broken, or sources go in circles.
    """
    files = list_files(root, config.exclude)
    locks = {path.removesuffix(SOURCE_SUFFIX) + LOCK_SUFFIX for path in files}
    named = {path for path in locks if matches(path, config.include)}
    return gather(files, lambda path: read_text(root, path), config=config, named=named, now=now, label=label)
