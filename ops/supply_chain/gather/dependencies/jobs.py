"""The locks that uv compiles for a project: files on disk, planned."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from pathlib import Path

from ops.supply_chain.adapters.files.lock_sources import list_files, matches, read_text
from ops.supply_chain.contracts.config.locks import LocksConfig
from ops.supply_chain.dependencies.compile.plan import LockJob, OnBroken, plan_locks
from ops.supply_chain.dependencies.compile.sources import LOCK_SUFFIX, SOURCE_SUFFIX


def read_jobs(
    root: Path,
    config: LocksConfig,
    *,
    now: datetime,
    label: str = "",
    broken: Collection[str] = (),
    on_broken: OnBroken | None = None,
) -> list[list[LockJob]]:
    """Find every lock that is compiled from a source, existing or not; see `plan_locks`.

    Args:
        root: The project's folder.
        config: Which files are locks.
        now: The time of the run.
        label: The project's name among several.
        broken: Locks that cannot be read; nothing is planned for them, and what they contain is left out.
        on_broken: Gets every other lock that cannot be planned, and why; None raises the first error.
    Returns:
        Groups that depend on earlier groups only, each sorted by path.
    Raises:
        InputError: Without `on_broken`: a source, a lock's header or `pyproject.toml` is malformed, or sources include each other in a
            circle.
    """
    sources = {path.removesuffix(LOCK_SUFFIX) + SOURCE_SUFFIX for path in broken}
    files = tuple(path for path in list_files(root, config.excluded) if path not in broken and path not in sources)
    locks = {path.removesuffix(SOURCE_SUFFIX) + LOCK_SUFFIX for path in files}
    named = {path for path in locks if matches(path, config.include)}

    def read(path: str) -> str | None:
        return None if path in broken else read_text(root, path)

    return plan_locks(files, read, config=config, named=named, now=now, label=label, on_broken=on_broken)
