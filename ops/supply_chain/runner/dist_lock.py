"""One run at a time on one `dist/`, and only on a `dist/` that sealwright made.

A pipeline run holds the lock for all its stages and passes that on in an environment variable; a stage that runs alone
takes the lock itself. The operating system releases it when the holder exits.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ops.supply_chain.core.errors import OutputError, UsageError

LOCK_NAME = ".sealwright.lock"
"""Lock file in `dist/`; it also marks the folder as made by sealwright."""

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
    "verification",
)
OUTPUT_FILES = ("checksums.txt", "claims.json", "controls.json", "controls.md")


@contextmanager
def hold(dist: Path) -> Iterator[None]:
    """Hold the lock of a `dist/` for the time of the block.

    Raises:
        UsageError: Another run holds it, or sealwright did not make the folder.
        OutputError: The folder cannot be made.
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
    """Remove the output of earlier runs, so that nothing old can pass for new.

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
        # The dist/ of a rehearsal may have been made inside this one first.
        ours = (dist / LOCK_NAME).exists() or all((inner / LOCK_NAME).is_file() for inner in dist.iterdir())
    except OSError as error:
        raise OutputError(f"{dist}: cannot be used: {error.strerror or error}") from error
    if not ours:
        raise UsageError(
            f"{dist}: is not empty and was not made by sealwright",
            hint="Give an empty or new folder with --dist.",
        )
