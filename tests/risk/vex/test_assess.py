"""What we state of each finding."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.contracts.values.vex import Acceptance, Justification, VexFinding, VexStatus
from ops.supply_chain.risk.vex.assess import assess
from tests.risk.vex.support import acceptance, finding

PLAIN = acceptance()
JUSTIFIED = acceptance(justification="component_not_present")
LABEL = "CVE-2026-1, ann, until 2026-12-31"

STATED: dict[str, tuple[Finding, Acceptance | None, VexStatus, Justification | None, str]] = {
    "waived with a justification": (
        finding(waived_by=LABEL),
        JUSTIFIED,
        VexStatus.NOT_AFFECTED,
        Justification.COMPONENT_NOT_PRESENT,
        "Only used on our own input.",
    ),
    "waived without one": (
        finding(waived_by=LABEL),
        PLAIN,
        VexStatus.AFFECTED,
        None,
        "Accepted until 2026-12-31: Only used on our own input.",
    ),
    "waived by what is not live any more": (
        finding(waived_by=LABEL),
        None,
        VexStatus.AFFECTED,
        None,
        "Move idna to 4.0 or later: nox -s lock -- --upgrade-package idna",
    ),
    "standing": (
        finding(),
        None,
        VexStatus.AFFECTED,
        None,
        "Move idna to 4.0 or later: nox -s lock -- --upgrade-package idna",
    ),
    "nobody decided": (
        finding(code="vulnerability.undecided", next_step="Read it."),
        None,
        VexStatus.UNDER_INVESTIGATION,
        None,
        "Read it.",
    ),
    "nobody rated": (
        finding(severity=Severity.UNKNOWN, next_step="Rate it."),
        None,
        VexStatus.UNDER_INVESTIGATION,
        None,
        "Rate it.",
    ),
    "cleared by a supplier": (
        finding(waived_by="VEX: urn:a, b, not_affected (component_not_present)"),
        None,
        VexStatus.NOT_AFFECTED,
        Justification.COMPONENT_NOT_PRESENT,
        "As stated by urn:a, b.",
    ),
    "fixed by a supplier": (
        finding(waived_by="VEX: urn:a, fixed"),
        None,
        VexStatus.FIXED,
        None,
        "As stated by urn:a.",
    ),
}


@pytest.mark.parametrize("case", STATED)
def test_what_is_stated(case: str) -> None:
    one, accepted, status, justification, detail = STATED[case]
    [found] = assess([VexFinding(one, accepted)])
    assert (found.status, found.justification, found.detail) == (status, justification, detail)
    assert found.since == (datetime(2026, 11, 1, tzinfo=UTC) if accepted else None)


PASSED_OVER = {
    "malware": finding(code="malware.known"),
    "settled": finding(code="vulnerability.settled", severity=Severity.INFO),
    "a lock": finding(code="lock.unhashed"),
    "no version": finding("idna", ""),
    "no package": finding("", "1"),
}


@pytest.mark.parametrize("case", PASSED_OVER)
def test_what_is_no_open_vulnerability(case: str) -> None:
    assert assess([VexFinding(PASSED_OVER[case], None)]) == ()


def test_one_vulnerability_is_stated_once_and_what_stands_stands() -> None:
    known = finding("idna", "3.20", "PYSEC-1", "CVE-1", waived_by=LABEL)
    other = finding("Idna", "3.20", "cve-1", "GHSA-1", code="vulnerability.disagreement", severity=Severity.CRITICAL)
    apart = finding("idna", "3.20", "CVE-9")
    found = assess([VexFinding(apart, None), VexFinding(other, None), VexFinding(known, JUSTIFIED)])
    assert [(one.name, one.aliases, one.status, one.severity) for one in found] == [
        ("CVE-1", ("GHSA-1", "PYSEC-1", "cve-1"), VexStatus.UNDER_INVESTIGATION, Severity.CRITICAL),
        ("CVE-9", (), VexStatus.AFFECTED, Severity.HIGH),
    ]


def test_groups_that_a_later_finding_joins() -> None:
    first, second = finding("a", "1", "CVE-1"), finding("a", "1", "CVE-2")
    joined = finding("a", "1", "CVE-2", "CVE-1")
    assert len(assess([VexFinding(one, None) for one in (first, second, joined)])) == 1
    assert len(assess([VexFinding(one, None) for one in (first, second)])) == 2


def test_what_is_published_is_printable_and_free_of_credentials() -> None:
    one = finding(next_step="See https://user:secret@x.example/\x1b[31m\u202e")
    [found] = assess([VexFinding(one, None)])
    assert found.detail == "See https://x.example/?[31m?"
