"""The records of the scan before this one, in `dist/scan/earlier/`: that of an earlier day where there is one.

A second scan on one day is compared with yesterday's too, so that what is new today stays new. Days are in UTC.
"""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

from ops.supply_chain.contracts.files.record import Record
from ops.supply_chain.core import canonical
from ops.supply_chain.core.errors import InputError, OutputError
from ops.supply_chain.runner.clock import read_clock
from ops.supply_chain.runner.dist_folder import hold_for
from ops.supply_chain.runner.stage import RECORDS_FOLDER

FOLDER = "earlier"
"""In the folder of a scan; a run that is no scan has none."""


def keep_earlier(dist: Path, root: Path) -> None:
    """Keep the records of the last scan, before the next one clears them.

    Args:
        dist: The folder of the scan.
        root: The project's folder.
    Raises:
        UsageError: Another run holds the folder, or sealwright did not make it.
        OutputError: It cannot be written.
    """
    records, kept = dist / RECORDS_FOLDER, dist / FOLDER
    with hold_for(dist, root):
        try:
            if kept.is_symlink() or kept.is_file():
                kept.unlink()
            if any(records.glob("*.json")) and not _is_of_today(records, kept):
                if kept.is_dir():
                    shutil.rmtree(kept)
                records.rename(kept)
            kept.mkdir(exist_ok=True)
        except OSError as error:
            raise OutputError(
                f"{kept}: cannot be written: {error.strerror or error}", hint="Check the permissions of that folder."
            ) from error


def earlier_records(dist: Path) -> tuple[Path, ...] | None:
    """Return the files of the earlier scan's records, sorted; None where the run of this folder is no scan."""
    folder = dist / FOLDER
    return tuple(sorted(folder.glob("*.json"))) if folder.is_dir() else None


def _is_of_today(records: Path, kept: Path) -> bool:
    """Return whether the last scan is of today, and an earlier day's is kept already."""
    today = read_clock().date().isoformat()
    return _day(records) == today and date.min.isoformat() < _day(kept) < today


def _day(folder: Path) -> str:
    """Return the day of the records in a folder, the first; the least of all where none can be read."""
    days = []
    for path in folder.glob("*.json") if folder.is_dir() else ():
        try:
            days.append(canonical.read(path, Record).started[:10])
        except InputError:
            continue
    return min(days, default=date.min.isoformat())
