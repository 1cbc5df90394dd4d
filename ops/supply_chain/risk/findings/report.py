"""One report from all records: each finding once, the most severe first, waived findings last, safe to show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence

import msgspec

from ops.supply_chain.contracts.files.findings_report import FindingsReport, StageSummary
from ops.supply_chain.contracts.files.record import Record
from ops.supply_chain.contracts.values.finding import WORST_FIRST, Finding
from ops.supply_chain.formats.advisory_ids import advisory_page
from ops.supply_chain.risk.findings.render.rows import clean, clean_text, order


def build_report(
    records: Sequence[Record], *, component: str, version: str, gates: Collection[str], expected: Collection[str]
) -> FindingsReport:
    """Build the report.

    Args:
        records: All records of the run, in any order.
        component: N.
        version: V.
        gates: Stages that are gates: their version of a finding is used, because they apply waivers.
        expected: Stages that should have left a record.
    """
    findings = sorted({_on_one_line(finding) for finding in _distinct(records, gates)}, key=order)
    open_by_severity = Counter(finding.severity for finding in findings if not finding.waived_by)
    return FindingsReport(
        schema="findings/1",
        component=component,
        version=version,
        stages=tuple(_summary(record) for record in sorted(records, key=lambda record: record.stage)),
        without_record=tuple(sorted(set(expected) - {record.stage for record in records})),
        standing={severity.value: open_by_severity[severity] for severity in WORST_FIRST},
        waived=sum(1 for finding in findings if finding.waived_by),
        findings=tuple(findings),
        advisories=_advisories(findings),
    )


def _advisories(findings: Iterable[Finding]) -> dict[str, str]:
    names = {name for finding in findings for name in finding.aliases}
    return {name: page for name in sorted(names) if (page := advisory_page(name))}


def _distinct(records: Sequence[Record], gates: Collection[str]) -> Iterable[Finding]:
    """Yield the findings; of one that a gate reports as well, only the gate's version."""
    from_gates = {_identity(finding) for record in records if record.stage in gates for finding in record.findings}
    for record in records:
        for finding in record.findings:
            if record.stage in gates or _identity(finding) not in from_gates:
                yield finding


def _identity(finding: Finding) -> tuple[str, str, str, tuple[str, ...]]:
    return (finding.code, finding.package, finding.version, finding.aliases)


def _on_one_line(finding: Finding) -> Finding:
    return msgspec.structs.replace(clean(finding), next_step=clean_text(finding.next_step))


def _summary(record: Record) -> StageSummary:
    return StageSummary(
        stage=record.stage,
        outcome=record.outcome,
        counts=record.counts,
        feeds=record.feeds,
        notes=tuple(map(clean_text, record.notes)),
    )
