"""Records and provenance as the engine's input."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from ops.supply_chain.contracts.files.record import Record
from ops.supply_chain.contracts.values.exploitation import Exploitation
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.formats.shape import ROOT, Place, ShapeReader

_MOST_SEVERE_FIRST = (
    Severity.CRITICAL,
    Severity.HIGH,
    Severity.UNKNOWN,
    Severity.MEDIUM,
    Severity.LOW,
    Severity.INFO,
)
"""Severities in the order in which a reason names findings: `unknown` is treated as high by every gate."""


class StoredRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A record as it lies on disk: its path as `dist:records/...`, the SHA-256 of its bytes, its content."""

    path: str
    sha256: str
    record: Record


class ReleasedFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file that will be released: its path as `dist:...` and its SHA-256."""

    path: str
    sha256: str


def record_input(stored: StoredRecord, actual: Mapping[str, str]) -> dict[str, Any]:
    """Make one entry of `input.records`.

    Args:
        stored: The record.
        actual: Path, as the record has it -> SHA-256 of the file that is there now; no entry where there
            is none.
    """
    record = stored.record
    return {
        "path": stored.path,
        "sha256": stored.sha256,
        "stage": record.stage,
        "component": record.component,
        "version": record.version,
        "outcome": record.outcome.value,
        "invocation": record.invocation,
        "offline": record.offline,
        "counts": dict(record.counts),
        "findings": [_finding(finding) for finding in record.findings],
        "open": _open(record.findings),
        "writes": [
            {"path": file.path, "recorded": file.sha256, "actual": actual.get(file.path, "")} for file in record.writes
        ],
    }


def _open(findings: Iterable[Finding]) -> dict[str, str]:
    """Return how many findings are open, by severity, and the message of the most severe; empty where none is.

    `info` findings and waived ones are left out: no gate fails because of them.
    """
    found = [finding for finding in findings if not finding.waived_by and finding.severity is not Severity.INFO]
    if not found:
        return {"findings": "", "first": ""}
    counts = Counter(finding.severity for finding in found)
    parts = [f"{counts[severity]} {_word(severity)}" for severity in _MOST_SEVERE_FIRST if counts[severity]]
    first = min(found, key=lambda finding: _MOST_SEVERE_FIRST.index(finding.severity))
    return {
        "findings": f"{', '.join(parts)} {'finding' if len(found) == 1 else 'findings'}",
        "first": first.message.rstrip("."),
    }


def _word(severity: Severity) -> str:
    return "unrated" if severity is Severity.UNKNOWN else severity.value


def _finding(finding: Finding) -> dict[str, Any]:
    place = f"{finding.path}:{finding.line}" if finding.line else finding.path
    package = f"{finding.package} {finding.version}".strip()
    return {
        "code": finding.code,
        "severity": finding.severity.value,
        "message": finding.message,
        "subject": place or package or finding.code,
        "package": finding.package,
        "waived_by": finding.waived_by,
        **_exploitation(finding),
    }


def _exploitation(finding: Finding) -> dict[str, Any]:
    """Return what the feeds say of a vulnerability; `kev` is empty where none was asked, `epss` null without a score."""
    known = finding.exploitation
    if not isinstance(known, Exploitation):
        return {"kev": "", "exploited": "", "epss": None}
    return {"kev": known.listing.value, "exploited": known.exploited, "epss": known.epss}


def provenance_input(document: dict[str, Any], released: Iterable[ReleasedFile]) -> dict[str, Any]:
    """Make `input.provenance` and `input.released`.

    Args:
        document: The parsed statement; anything may be in it.
        released: The files that it should be about. Subjects and files are joined by digest alone
            (in-toto Statement v1: "matched purely by digest").
    """
    shape = ShapeReader()
    files = sorted(released, key=lambda file: file.path)
    subjects = _subjects(document, {file.sha256: file.path for file in files}, shape)
    at_predicate: Place = (ROOT, "predicate")
    at_definition, at_details = (at_predicate, "buildDefinition"), (at_predicate, "runDetails")
    predicate = shape.table(document, "predicate", ROOT)
    definition = shape.table(predicate, "buildDefinition", at_predicate)
    details = shape.table(predicate, "runDetails", at_predicate)
    names = {subject["sha256"]: subject["name"] for subject in subjects if subject["sha256"]}
    provenance = {
        "statement_type": shape.text(document, "_type", ROOT),
        "predicate_type": shape.text(document, "predicateType", ROOT),
        "subjects": subjects,
        "duplicates": sorted(
            name for name, count in Counter(subject["name"] for subject in subjects).items() if count > 1
        ),
        "build_type": shape.text(definition, "buildType", at_definition),
        "builder_id": shape.text(shape.table(details, "builder", at_details), "id", (at_details, "builder")),
        "commits": sorted(_digests(definition, "resolvedDependencies", "gitCommit", at_definition, shape)),
        "byproducts": sorted(_digests(details, "byproducts", "sha256", at_details, shape)),
    }
    provenance["problems"] = [fault._asdict() for fault in shape.faults()]
    return {
        "provenance": provenance,
        "released": [
            {"path": file.path, "sha256": file.sha256, "subject": names.get(file.sha256, "")} for file in files
        ],
    }


def _subjects(document: dict[str, Any], paths: Mapping[str, str], shape: ShapeReader) -> list[dict[str, str]]:
    found = []
    for place, node in shape.tables(document, "subject", ROOT):
        sha256 = shape.text(shape.table(node, "digest", place), "sha256", (place, "digest"))
        name = shape.text(node, "name", place)
        found.append({"name": name, "sha256": sha256, "file": paths.get(sha256, "")})
    return found


def _digests(node: dict[str, Any], field: str, algorithm: str, place: Place, shape: ShapeReader) -> set[str]:
    found = {
        shape.text(shape.table(entry, "digest", here), algorithm, (here, "digest"))
        for here, entry in shape.tables(node, field, place)
    }
    return found - {""}
