"""The review for people: the verdict first, one row for each cause, at most a screen, nothing that could be markup."""

from __future__ import annotations

from typing import Any

from ops.supply_chain.contracts.files.change_review import ChangedPackage, ChangeReview, ReviewedCommits
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.risk.changes.render import findings_report, headline, review_markdown, review_text
from ops.supply_chain.risk.findings.render.sarif import sarif

SCREEN_LINES = 50


def finding(number: int, **fields: Any) -> Finding:
    plain: dict[str, Any] = {
        "code": "vulnerability.known", "severity": Severity.HIGH, "message": f"it has CVE-{number}. " + "x" * 400,
        "next_step": "Move foo to 2.0.", "package": "foo", "version": "1.0", "path": "a.txt", "line": 1,
        "aliases": (f"CVE-{number}",),
    }  # fmt: skip
    return Finding(**{**plain, **fields})


def review(*new: Finding, unexamined: tuple[Finding, ...] = (), **fields: Any) -> ChangeReview:
    plain: dict[str, Any] = {
        "schema": "change-review/1", "component": "thing", "outcome": Outcome.FAIL, "counts": {}, "packages": (),
        "commits": ReviewedCommits(head="a" * 40, base="b" * 40, policy="b" * 40, branch="main"),
        "existing": (), "fixed": (), "notes": (),
    }  # fmt: skip
    return ChangeReview(**{**plain, "new": (*new, *unexamined), "unexamined": unexamined, **fields})


def test_many_findings_of_one_package_are_one_cause() -> None:
    shown = review_text(review(*(finding(number) for number in range(1, 30))), files="f").splitlines()
    assert shown[0] == "Change: denied: 29 new findings (29 high); 0 already there, 0 fixed"
    assert shown[2] == "  HIGH  foo 1.0  CVE-1, CVE-10, CVE-11 and 26 more  at a.txt:1"
    assert shown[3].startswith("    29 findings, the first: it has CVE-1. xxx")
    assert len(shown[3]) < 200
    assert shown[4] == "    next: Move foo to 2.0."


def test_a_large_change_fits_a_screen_and_names_the_file_with_the_rest() -> None:
    packages = tuple(
        ChangedPackage(
            kind="added", ecosystem="pypi", name=f"p{number}", version="", before=(), after=("1",),
            text=f"added: p{number} 1",
        )
        for number in range(300)
    )  # fmt: skip
    findings = [finding(number, package=f"p{number}") for number in range(300)]
    large = review(*findings, packages=packages, existing=tuple(findings), notes=("a note",))
    lines = review_text(large, files="change/thing.md").splitlines()
    assert len(lines) <= SCREEN_LINES
    assert "  and 292 more: see change/thing.md" in lines
    assert len(review_markdown(large, files="change/thing.md").splitlines()) <= SCREEN_LINES
    whole = review_markdown(large, whole=True)
    assert all(f"| p{number} 1.0 |" in whole for number in range(300))


def test_what_was_not_examined_is_no_finding() -> None:
    gap = finding(1, code="malware.not-examined", severity=Severity.INFO, package="", version="", aliases=())
    partial = review(unexamined=(gap,), outcome=Outcome.NOT_EXAMINED)
    assert headline(partial) == "Change: not examined: no new finding, 1 not examined; 0 already there, 0 fixed"
    assert "  NOT EXAMINED  malware.not-examined  at a.txt:1" in review_text(partial, files="f").splitlines()


def test_a_waived_finding_is_shown_as_waived_and_not_counted() -> None:
    waived = review(finding(1, waived_by="accepted until 2027"), outcome=Outcome.PASS)
    assert headline(waived).startswith("Change: pass: no new finding; ")
    assert "  WAIVED  foo 1.0  CVE-1, vulnerability.known  at a.txt:1" in review_text(waived, files="f").splitlines()


def test_text_of_others_is_neither_markup_nor_a_second_line() -> None:
    hostile = "x\n| a | <script>alert(1)</script> [y](https://evil.example) @team ::error::"
    shown = review_markdown(review(finding(1, message=hostile, package=hostile), notes=(hostile,)), files="f")
    assert "<script" not in shown
    assert "](http" not in shown
    assert "@team" not in shown
    assert review_text(review(finding(1, message=hostile)), files="f").count("\n") == 5


def test_sarif_has_new_and_existing_findings_with_their_state() -> None:
    known = finding(2)
    document = sarif(
        findings_report(review(finding(1), existing=(known,))), generator=("s", "1"), existing=frozenset({known})
    )
    [run] = document["runs"]
    assert [(entry["ruleId"], entry["baselineState"]) for entry in run["results"]] == [
        ("vulnerability.known/CVE-1", "new"),
        ("vulnerability.known/CVE-2", "unchanged"),
    ]
    assert run["automationDetails"] == {"id": "sealwright-change/"}


def test_advisories_lead_to_their_pages() -> None:
    given = review(finding(1, aliases=("CVE-2026-1", "javascript:x")))
    shown = review_markdown(given, files="x", whole=True)
    assert "[CVE-2026-1](<https://nvd.nist.gov/vuln/detail/CVE-2026-1>)" in shown
    assert "](<javascript" not in shown
