"""The records in `dist/records/`, all of one component and version."""

from __future__ import annotations

from pathlib import Path

from ops.supply_chain.contracts.files.record import Record
from ops.supply_chain.core import canonical
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.runner.context import StageRun
from ops.supply_chain.runner.stage import RECORDS_FOLDER


def read_records(run: StageRun) -> tuple[Record, ...]:
    """Read every record.

    Returns:
        Sorted by stage; empty where there is none.
    Raises:
        InputError: A record is malformed, or is of another component, version or stage than expected. The expected
            version is that of the project, or of the first record if the project needs none.
    """
    paths = record_paths(run)
    records = tuple(canonical.read(path, Record) for path in paths)
    for path, record in zip(paths, records, strict=True):
        version = run.project.version if run.version_needed else records[0].version
        expected = (path.stem, run.project.name, version)
        found = (record.stage, record.component, record.version)
        if found != expected:
            raise InputError(
                f"dist/{RECORDS_FOLDER}/{path.name}: is of {' '.join(found)}, expected {' '.join(expected)}",
                hint="It is left over from another run; run the whole session again.",
            )
    return records


def record_paths(run: StageRun) -> tuple[Path, ...]:
    """Return the files of the records, sorted."""
    return tuple(sorted((run.dist / RECORDS_FOLDER).glob("*.json")))
