"""One run at a time on one `dist/`, and only on a `dist/` that is ours.

A pipeline run holds the lock for all its stages and tells them so through the environment; a stage
that runs alone takes it itself. The operating system frees it when the holder dies.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ops.supply_chain.core.errors import OutputError, UsageError

LOCK_NAME = ".sealwright.lock"
"""Lies in `dist/`; marks the folder as ours as well."""

HOLDER_VARIABLE = "SEALWRIGHT_INVOCATION"
"""Environment variable by which a pipeline run tells its stages that it holds the lock."""

OUTPUT_FOLDERS = (
    "sbom",
    "records",
    "evidence",
    "verdict",
    "provenance",
    "release",
    "vex",
    "packages",
    "report",
    "findings",
    "verification",
)
OUTPUT_FILES = ("checksums.txt",)


@contextmanager
def hold(dist: Path) -> Iterator[None]:
    """Hold the lock of a `dist/` for the time of the block.

    Raises:
        UsageError: Another run holds it, or the folder is somebody else's.
        OutputError: It cannot be made.
    """
    from filelock import FileLock, Timeout

    if os.environ.get(HOLDER_VARIABLE):
        yield
        return
    _claim(dist)
    try:
        with FileLock(dist / LOCK_NAME, timeout=0):
            yield
    except Timeout as error:
        raise UsageError(
            f"{dist}: another run is working there", hint="Wait for it, or give this run another --dist."
        ) from error


def clear(dist: Path, also: Sequence[Path] = ()) -> None:
    """Remove what an earlier run left, so that nothing old can pass for new.

    Args:
        dist: A folder that `hold` has claimed; only the pipeline's own outputs in it are removed.
        also: Further folders to remove.
    Raises:
        OutputError: Something cannot be removed.
    """
    try:
        for folder in [*(dist / name for name in OUTPUT_FOLDERS), *also]:
            if folder.is_symlink():
                folder.unlink()
            elif folder.is_dir():
                shutil.rmtree(folder)
        for name in OUTPUT_FILES:
            (dist / name).unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f"{dist}: cannot be cleared: {error}") from error


def _claim(dist: Path) -> None:
    try:
        dist.mkdir(parents=True, exist_ok=True)
        # A rehearsal's own dist may be the first thing that was made below this one.
        ours = (dist / LOCK_NAME).exists() or all((inner / LOCK_NAME).is_file() for inner in dist.iterdir())
    except OSError as error:
        raise OutputError(f"{dist}: cannot be used: {error.strerror or error}") from error
    if not ours:
        raise UsageError(
            f"{dist}: is not empty and was not made by sealwright",
            hint="Give an empty or new folder with --dist.",
        )
