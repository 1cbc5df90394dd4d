"""One run at a time on one `dist/`, and only on a `dist/` that sealwright made.

A pipeline run holds the lock for all its stages and passes that on in an environment variable; a stage that runs alone
takes the lock itself. The operating system releases it when the holder exits.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ops.supply_chain.core.errors import ErrorClass, OutputError, UsageError

LOCK_NAME = ".sealwright.lock"
"""Lock file in `dist/`; it also marks the folder as made by sealwright."""

PROJECT_NAME = ".sealwright-project"
"""File in `dist/NAME/` that names the project; it marks the folder as made by sealwright as well."""

MOST_NESTED = 2
"""Folders of other runs in a `dist/`: `NAME/` and in it `rehearsal/` or `scan/`."""

HOLDER_VARIABLE = "SEALWRIGHT_INVOCATION"
"""Set by a pipeline run for its stages: the run holds the lock, and this is its identifier."""

OUTPUT_FOLDERS = (
    "sbom",
    "records",
    "evidence",
    "verdict",
    "provenance",
    "release",
    "vex",
    "report",
    "findings",
    "suppliers",
    "tea",
    "verification",
)
KEPT_FOLDERS = ("release", "verification")
"""An assembled release and the report on it stay until the next one is assembled."""

LOG_NAME = "log.txt"
"""What the stages of a run wrote, in full."""

OUTPUT_FILES = ("checksums.txt", "claims.json", "controls.json", "controls.md", LOG_NAME)


@contextmanager
def hold(dist: Path) -> Iterator[None]:
    """Hold the lock of a `dist/` for the time of the block.

    Raises:
        UsageError: Another run holds it, or sealwright did not make the folder.
        OutputError: The folder cannot be made or written.
    """
    from filelock import FileLock, Timeout

    if os.environ.get(HOLDER_VARIABLE):
        yield
        return
    _claim(dist)
    lock = FileLock(dist / LOCK_NAME)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise UsageError(
            f"{dist}: another run is working there",
            hint="Wait for it, or give this run another --dist.",
            kind=ErrorClass.BUSY,
        ) from error
    except (OSError, NotImplementedError) as error:
        reason = getattr(error, "strerror", "") or error
        raise OutputError(
            f"{dist}: cannot be written: {reason}", hint="Check its permissions, or give another folder with --dist."
        ) from error
    try:
        yield
    finally:
        lock.release()


def clear(dist: Path, also: Sequence[Path] = ()) -> None:
    """Remove the output of earlier runs, so that nothing old can pass for new; an assembled release stays.

    Args:
        dist: A folder that `hold` has claimed; only the pipeline's own outputs in it are removed.
        also: Further folders to remove.
    Raises:
        OutputError: Something cannot be removed.
    """
    from shutil import rmtree

    try:
        for folder in [*(dist / name for name in OUTPUT_FOLDERS if name not in KEPT_FOLDERS), *also]:
            if folder.is_symlink() or folder.is_file():
                folder.unlink()
            elif folder.is_dir():
                rmtree(folder)
        for name in OUTPUT_FILES:
            (dist / name).unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(
            f"{dist}: cannot be cleared: {error.strerror or error}", hint="Check the permissions of that folder."
        ) from error


def _claim(dist: Path) -> None:
    try:
        dist.mkdir(parents=True, exist_ok=True)
        ours = _is_made(dist, MOST_NESTED)
    except OSError as error:
        raise OutputError(
            f"{dist}: cannot be used: {error.strerror or error}", hint="Give another folder with --dist."
        ) from error
    if not ours:
        raise UsageError(
            f"{dist}: is not empty and was not made by sealwright",
            hint="Give an empty or new folder with --dist.",
            kind=ErrorClass.FOLDER,
        )


def _is_made(folder: Path, nested: int) -> bool:
    """Return whether sealwright made a folder: it is marked, or holds nothing but folders that are."""
    if (folder / LOCK_NAME).exists() or (folder / PROJECT_NAME).is_file():
        return True
    # The dist/ of a rehearsal, a scan or another project may have been made inside this one first.
    inside = list(folder.iterdir()) if folder.is_dir() else []
    if not inside:
        return nested == MOST_NESTED and folder.is_dir()
    return nested > 0 and all(_is_made(inner, nested - 1) for inner in inside)
