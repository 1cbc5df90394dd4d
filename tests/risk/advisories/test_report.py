"""The text for people, whole: what was looked at, with what, what stands, worst first, then what is waived."""

from __future__ import annotations

from datetime import date

from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.risk.advisories.report import Facts, render


def finding(package: str, severity: Severity, **fields: object) -> Finding:
    known = {
        "code": "vulnerability.known",
        "message": f"{package} is bad",
        "next_step": "Move it.",
        "package": package,
        "path": "r.txt",
        "line": 3,
        "aliases": ("CVE-1",),
    }
    return Finding(severity=severity, **{**known, **fields})  # type: ignore[arg-type]


FACTS = Facts(
    title="vulnerabilities",
    outcome="fail",
    counts={"locks": 2, "locked": 9, "examined": 8, "out_of_scope": 1},
    told=["a feed"],
    passed_over=[("another", "it was down")],
    notes=["a note"],
    has_ledger=True,
    today=date(2026, 11, 20),
)


EXPECTED = [
    "vulnerabilities: fail",
    "2 locks, 8 of 9 distinct pins examined, 1 more are the project's own",
    "with a feed",
    "not with another: it was down",
    "note: a note",
    "[critical] new, vulnerability.known at r.txt:3",
    "    new is bad",
    "    next: Move it.",
    "[high] seen since 2026-11-01, vulnerability.known at r.txt:3 and 2 more",
    "    old is bad",
    "    next: Move it.",
    "[low] vulnerability.known at r.txt:3",
    "    low is bad",
    "    next: Move it.",
    "[info] vulnerability.not-examined at no file",
    "    m",
    "    next: Move it.",
    "waived by CVE-1, o, until 2026-12-01: gone is bad at r.txt:3",
]


def test_the_whole_text() -> None:
    findings = [
        finding("low", Severity.LOW, first_seen="2026-11-20"),
        finding("old", Severity.HIGH, first_seen="2026-11-01", places=3),
        finding("new", Severity.CRITICAL),
        finding("gone", Severity.CRITICAL, waived_by="CVE-1, o, until 2026-12-01"),
        finding("", Severity.INFO, path="", line=0, aliases=(), code="vulnerability.not-examined", message="m"),
    ]
    assert render(FACTS, findings).split("\n") == EXPECTED


def test_without_a_ledger_nothing_is_called_new() -> None:
    assert "new," not in render(FACTS._replace(has_ledger=False), [finding("foo", Severity.HIGH)])
