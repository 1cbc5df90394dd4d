"""One report of all records: each finding once, worst first, waived last, safe to show."""

from __future__ import annotations

from hypothesis import given, settings

from ops.supply_chain.contracts.files.findings_report import FindingsReport
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.core.canonical import decode, encode
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.risk.findings.report import build_report
from tests.risk.findings.support import FINDINGS, GATES, finding, record, report


def test_the_order() -> None:
    found = report(
        finding("waived", severity=Severity.CRITICAL, waived_by="CVE-1"),
        finding("info", severity=Severity.INFO),
        finding("later", due="2026-12-02"),
        finding("never"),
        finding("sooner", due="2026-12-01"),
        finding("unknown", severity=Severity.UNKNOWN),
        finding("worst", severity=Severity.CRITICAL),
    )
    assert [one.package for one in found.findings] == ["worst", "sooner", "later", "never", "unknown", "info", "waived"]
    assert found.standing == {"critical": 1, "high": 3, "unknown": 1, "medium": 0, "low": 0, "info": 1}
    assert found.waived == 1


def test_stages_and_what_left_no_record() -> None:
    found = report()
    assert [(one.stage, one.outcome) for one in found.stages] == [("check_vulnerabilities", Outcome.FAIL)]
    assert found.without_record == ("check_hashes", "check_locks", "check_malware")


def together(*records: object) -> list[tuple[str, str]]:
    found = build_report(records, component="acme", version="1.0", gates=GATES, expected=())  # type: ignore[arg-type]
    return [(one.package, one.waived_by) for one in found.findings]


def test_the_same_finding_is_told_once() -> None:
    assert together(record(finding()), record(finding(), stage="check_malware")) == [("idna", "")]


def test_what_a_gate_waived_does_not_stand_in_another_stages_copy() -> None:
    waived = finding(code="lock.unhashed", waived_by="w", places=2)
    copy = finding(code="lock.unhashed")
    assert together(record(waived, stage="check_locks"), record(copy, stage="generate_sbom")) == [("idna", "w")]
    assert together(record(copy, stage="generate_sbom")) == [("idna", "")]


def test_two_gates_that_disagree_leave_it_standing() -> None:
    assert together(record(finding(waived_by="w")), record(finding(), stage="check_malware")) == [
        ("idna", ""),
        ("idna", "w"),
    ]


def test_text_is_made_safe() -> None:
    found = report(
        finding(
            "a\x1b[2J", message="see https://user:secret@x.example/\r\nnow", also_at=("b\n:1",), aliases=("C\u202e",)
        )
    )
    [one] = found.findings
    assert (one.package, one.message) == ("a?[2J", "see https://x.example/??now")
    assert (one.also_at, one.aliases) == (("b?:1",), ("C?",))


@given(findings=FINDINGS)
@settings(derandomize=True, max_examples=100, deadline=None)
def test_none_is_lost_and_the_order_of_the_input_is_nothing(findings: list[Finding]) -> None:
    found = report(*findings)
    assert encode(found) == encode(report(*reversed(findings)))
    assert len(found.findings) <= len(findings)
    keys = {(one.code, one.severity, one.line, bool(one.waived_by)) for one in found.findings}
    assert keys == {(one.code, one.severity, one.line, bool(one.waived_by)) for one in findings}
    assert decode(encode(found), FindingsReport, where="x") == found
