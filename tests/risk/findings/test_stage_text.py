"""The text of one stage's result: outcome and counts, or the stage's document; then findings and notes."""

from __future__ import annotations

from typing import Any

import pytest

from ops.supply_chain.contracts.values.finding import Severity
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.risk.findings.render.text import refusal_reason, stage_text
from tests.risk.findings.support import finding, record

COUNTS = {"locks": 1, "locked": 10, "examined": 9, "out_of_scope": 0, "known": 2, "first_seen": 1, "findings": 3}
WAIVED = finding("urllib3", waived_by="CVE-2026-1, ann, until 2026-12-31")


def test_a_gate() -> None:
    text = stage_text(
        record(finding(first_seen="2026-11-01", path="b.txt"), finding(first_seen="2026-11-01"), WAIVED, counts=COUNTS)
    )
    assert text == (
        "check_vulnerabilities: fail\n"
        "1 lock, 10 locked, 9 examined; OSV snapshot, 3 hours old; known 2, first seen 1; 2 open, 1 waived\n"
        "\n"
        "HIGH\n"
        "  idna 3.20  CVE-2026-1, vulnerability.known  first seen 2026-11-01\n"
        "    what: idna 3.20 has CVE-2026-1\n"
        "    where: b.txt:3, functions/one/requirements.txt:3\n"
        "    next: Move idna to 4.0 or later: nox -s lock -- --upgrade-package idna\n"
        "\n"
        "WAIVED\n"
        "  urllib3 3.20  CVE-2026-1, vulnerability.known  high\n"
        "    what: urllib3 3.20 has CVE-2026-1\n"
        "    where: functions/one/requirements.txt:3\n"
        "    waived by: CVE-2026-1, ann, until 2026-12-31"
    )


def test_a_gate_without_findings_says_what_it_examined() -> None:
    made = record(outcome=Outcome.NOT_EXAMINED, counts={"locks": 2, "locked": 3, "examined": 0}, feeds=(), notes=("n",))
    assert stage_text(made, details=("source: a feed",)) == (
        "check_vulnerabilities: not-examined\n2 locks, 3 locked, 0 examined; no findings\nsource: a feed\nnote: n"
    )


def test_a_document_comes_before_its_findings_and_notes() -> None:
    text = stage_text(record(finding(), notes=("a\x1b note",)), text="a table\n", details=("more",))
    assert text.startswith("a table\nmore\n\nHIGH\n  idna 3.20")
    assert text.endswith("--upgrade-package idna\n\nnote: a? note")
    assert "check_vulnerabilities" not in text
    assert stage_text(record(), text="a table") == "a table"


def test_a_narrow_terminal_wraps_findings_alone() -> None:
    lines = stage_text(record(finding()), text="x" * 90, width=60).split("\n")
    assert [line for line in lines if len(line) > 60] == ["x" * 90]


REASONS: dict[str, tuple[dict[str, Any] | None, str]] = {
    "findings": ({}, "gate: worst, and 1 more"),
    "notes": ({"findings": (), "outcome": Outcome.NOT_EXAMINED, "notes": ("a", "b")}, "gate: a; b"),
    "no notes": ({"findings": (), "outcome": Outcome.NOT_EXAMINED}, "gate: not everything was examined"),
    "all waived": ({"findings": (WAIVED,)}, "gate: outcome fail"),
    "no record": (None, "gate: no record"),
}


@pytest.mark.parametrize("case", REASONS)
def test_the_reason_of_a_refusal_is_the_worst_open_finding(case: str) -> None:
    fields, reason = REASONS[case]
    found = (WAIVED, finding(message="b"), finding(message="worst", severity=Severity.CRITICAL))
    made = None if fields is None else record(*fields.pop("findings", found), **fields)
    assert refusal_reason("gate", made) == reason
