"""Read the earlier scan of a project, and compare the present one with it.

A record that is broken, or of another component, is named as not compared: nothing is called unchanged, new or gone
because of it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec
from msgspec import UNSET, UnsetType

from ops.supply_chain import PIPELINE
from ops.supply_chain.contracts.files.findings_report import FindingsReport, SinceEarlier
from ops.supply_chain.contracts.files.record import Record
from ops.supply_chain.core import canonical
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.risk.findings.render.rows import since_sentence
from ops.supply_chain.risk.findings.report import build_report
from ops.supply_chain.risk.findings.since import EarlierScan, compare_scans
from ops.supply_chain.runner.earlier_scan import earlier_records
from ops.supply_chain.runner.stage import RECORDS_FOLDER

_SCANS = "check_"
"""Prefix of the stages that scan for findings."""

_FLEET = "fleet"
"""Option of a record: whether many projects were scanned."""


def since_earlier(dist: Path, report: FindingsReport, records: Sequence[Record]) -> SinceEarlier | UnsetType:
    """Return how a scan compares with the earlier one; unset where the run is no scan.

    Args:
        dist: The folder of the run.
        report: What it found.
        records: Its records.
    """
    paths = earlier_records(dist)
    if paths is None:
        return UNSET
    fleets = {record.options.get(_FLEET) for record in records if _FLEET in record.options}
    found: list[Record] = []
    unusable: dict[str, str] = {}
    for path in paths:
        record, reason = _read(path, report.component, fleets)
        if record is None:
            unusable[path.stem] = reason
        else:
            found.append(record)
    earlier = build_report(found, component=report.component, version="", gates=_gates(), expected=())
    return compare_scans(report, records, EarlierScan(records=tuple(found), report=earlier, unusable=unusable))


def expected_gates(dist: Path) -> set[str]:
    """Return the gates that scan for findings and should have left a record: those of `daily_scan` in the folder of a scan."""
    scans = [row for row in PIPELINE if row.gate and row.script.startswith(_SCANS)]
    is_scan = earlier_records(dist) is not None
    return {row.script for row in scans if (row.daily_scan if is_scan else row.release)}


def scan_note(dist: Path, component: str) -> str:
    """Return how a finished scan compares with the earlier one, as a clause; empty where it left no record."""
    records = []
    for path in sorted((dist / RECORDS_FOLDER).glob("*.json")):
        with suppress(InputError):
            records.append(canonical.read(path, Record))
    report = build_report(records, component=component, version="", gates=_gates(), expected=())
    compared = since_earlier(dist, report, records) if records else UNSET
    return since_sentence(msgspec.structs.replace(report, since=compared))


def _gates() -> set[str]:
    return {row.script for row in PIPELINE if row.gate}


def _read(path: Path, component: str, fleets: Collection[str | None]) -> tuple[Record | None, str]:
    try:
        record = canonical.read(path, Record)
    except InputError:
        return None, "its record of the earlier scan cannot be read"
    if (record.stage, record.component) != (path.stem, component):
        return None, "its record of the earlier scan is of another stage or component"
    if _FLEET in record.options and fleets and record.options[_FLEET] not in fleets:
        return None, "the earlier scan was of other projects"
    return record, ""
