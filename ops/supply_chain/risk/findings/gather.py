"""From records to one report: each finding once, worst first, waived last, safe to show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence

import msgspec

from ops.supply_chain.contracts.files.findings_report import FindingsReport, StageSummary
from ops.supply_chain.contracts.files.record import Record
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.core.text import printable, without_credentials

WORST_FIRST = (
    Severity.CRITICAL,
    Severity.HIGH,
    Severity.UNKNOWN,
    Severity.MEDIUM,
    Severity.LOW,
    Severity.INFO,
)
"""What has no severity counts as high, and comes after what is known to be."""

_NO_DAY = "9999-99-99"


def gather(
    records: Sequence[Record], *, component: str, version: str, gates: Collection[str], expected: Collection[str]
) -> FindingsReport:
    """Make the report.

    Args:
        records: All that were read.
        component: N.
        version: V.
        gates: Stages that are gates: what they say of a finding is what counts.
        expected: Stages that should have left a record.
    """
    found = sorted({_safe(one) for one in _distinct(records, gates)}, key=order)
    standing = Counter(one.severity for one in found if not one.waived_by)
    return FindingsReport(
        schema="findings/1",
        component=component,
        version=version,
        stages=tuple(_summary(record) for record in sorted(records, key=lambda record: record.stage)),
        without_record=tuple(sorted(set(expected) - {record.stage for record in records})),
        standing={severity.value: standing[severity] for severity in WORST_FIRST},
        waived=sum(1 for one in found if one.waived_by),
        findings=tuple(found),
    )


def order(finding: Finding) -> tuple[bool, int, str, tuple[str, int, str, str, str, str], str]:
    """Return what findings are sorted by: standing first, then severity, due day, package and place."""
    _, line, package, version, code, message = finding.sort_key
    place = (package, line, version, finding.path, code, message)
    return (bool(finding.waived_by), WORST_FIRST.index(finding.severity), finding.due or _NO_DAY, place, repr(finding))


def _distinct(records: Sequence[Record], gates: Collection[str]) -> Iterable[Finding]:
    """Yield the findings; what a gate tells too, another stage's copy of which knows no waiver, once."""
    told = {_about(one) for record in records if record.stage in gates for one in record.findings}
    for record in records:
        for finding in record.findings:
            if record.stage in gates or _about(finding) not in told:
                yield finding


def _about(finding: Finding) -> tuple[str, str, str, tuple[str, ...]]:
    return (finding.code, finding.package, finding.version, finding.aliases)


def _safe(finding: Finding) -> Finding:
    changes = {field: _text(getattr(finding, field)) for field in _TEXTS}
    lists = {field: tuple(map(_text, getattr(finding, field))) for field in ("aliases", "also_at")}
    return msgspec.structs.replace(finding, **changes, **lists)


_TEXTS = ("code", "message", "next_step", "package", "version", "path", "waived_by", "due", "first_seen")


def _text(text: str) -> str:
    return printable(without_credentials(text))


def _summary(record: Record) -> StageSummary:
    return StageSummary(
        stage=record.stage,
        outcome=record.outcome,
        counts=record.counts,
        feeds=record.feeds,
        notes=tuple(map(_text, record.notes)),
    )
