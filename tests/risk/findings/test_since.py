"""A scan compared with the one before: what is new, unchanged, updated and gone, and what cannot be said."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings

from ops.supply_chain.contracts.files.findings_report import FindingsReport, FindingState, SinceEarlier
from ops.supply_chain.contracts.files.record import Record
from ops.supply_chain.contracts.values.exploitation import Exploitation, Listing
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.core import canonical
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.risk.findings.render.markdown import counts_only, report_markdown
from ops.supply_chain.risk.findings.render.rows import since_sentence
from ops.supply_chain.risk.findings.render.sarif import sarif
from ops.supply_chain.risk.findings.render.text import report_text
from ops.supply_chain.risk.findings.report import build_report
from ops.supply_chain.risk.findings.since import EarlierScan, compare_scans
from tests.risk.findings.support import FINDINGS, GATES, finding, record

NEW, SAME, UPDATED = FindingState.NEW, FindingState.UNCHANGED, FindingState.UPDATED
UNKNOWN = FindingState.NOT_COMPARED
NOW = finding()


def scan(*records: Record) -> FindingsReport:
    return build_report(records, component="acme", version="1.0", gates=GATES, expected=())


def compared(now: Sequence[Record], then: Sequence[Record] | None, **unusable: str) -> FindingsReport:
    earlier = None if then is None else EarlierScan(records=tuple(then), report=scan(*then), unusable=unusable)
    report = scan(*now)
    return msgspec.structs.replace(report, since=compare_scans(report, now, earlier))


def since(now: Sequence[Finding], then: Sequence[Finding], **more: Any) -> SinceEarlier:
    found = compared([record(*now)], [record(*then, **more)]).since
    assert isinstance(found, SinceEarlier)
    return found


CHANGES = {
    "the same": (finding(), SAME),
    "another line": (finding(line=90), SAME),
    "another day": (finding(message="idna 3.20 has CVE-2026-1; overdue by 9 business days"), SAME),
    "another due date": (finding(due="2026-12-24", first_seen="2026-11-01"), SAME),
    "another severity": (finding(severity=Severity.CRITICAL), UPDATED),
    "another version": (finding(version="3.21"), UPDATED),
    "another fix": (finding(next_step="Move idna to 5.0"), UPDATED),
    "a new name": (finding(aliases=("GHSA-aaaa-bbbb-cccc", "CVE-2026-1")), UPDATED),
    "another first lock": (finding(path="functions/two/requirements.txt"), UPDATED),
    "one more lock": (finding(also_at=("b.txt:3",), places=2), UPDATED),
    "a waiver": (finding(waived_by="w"), UPDATED),
    "a score": (finding(exploitation=Exploitation(listing=Listing.NOT_LISTED, epss=0.5, percentile=0.9)), SAME),
    "exploited now": (finding(exploitation=Exploitation(listing=Listing.LISTED, exploited="2026-05-01")), UPDATED),
    "another advisory": (finding(aliases=("CVE-2026-2",)), NEW),
    "another package": (finding("urllib3"), NEW),
    "another gate": (finding(code="vulnerability.undecided"), NEW),
}


@pytest.mark.parametrize("case", CHANGES)
def test_one_finding_and_what_became_of_it(case: str) -> None:
    now, state = CHANGES[case]
    found = since([now], [NOW])
    assert found.states == (state,)
    assert [one.package for one in found.absent] == (["idna"] if state is NEW else [])


def test_a_waiver_that_ended_is_not_unchanged() -> None:
    assert since([finding()], [finding(waived_by="w")]).states == (UPDATED,)


def test_two_advisories_of_one_version_are_two_findings() -> None:
    other = finding(aliases=("CVE-2026-2",))
    found = since([NOW, other], [NOW])
    assert sorted(found.states) == [NEW, SAME]
    assert since([NOW], [NOW, other]).absent == (other,)


def test_sentences_of_one_stage_without_package_and_file_are_told_apart() -> None:
    def gap(message: str) -> Finding:
        return Finding(code="publisher.not-examined", severity=Severity.INFO, message=message, next_step="x")

    assert since([gap("attestations of 304 pins")], [gap("attestations of 303 pins")]).states == (UPDATED,)
    assert since([gap("the index did not answer")], [gap("attestations of 303 pins")]).states == (NEW,)


UNSURE: dict[str, dict[str, Any]] = {
    "not examined": {"outcome": Outcome.NOT_EXAMINED},
    "some pins": {"counts": {"locked": 10, "examined": 9}},
}


@pytest.mark.parametrize("case", UNSURE)
def test_what_an_incomplete_earlier_scan_does_not_have_is_not_new(case: str) -> None:
    found = since([NOW, finding("urllib3")], [NOW], **UNSURE[case])
    assert sorted(found.states) == [UNKNOWN, SAME]
    assert found.not_compared == ("check_vulnerabilities: the earlier scan did not examine everything",)


@pytest.mark.parametrize("case", UNSURE)
def test_what_an_incomplete_scan_does_not_have_is_not_gone(case: str) -> None:
    found = compared([record(**UNSURE[case])], [record(NOW)]).since
    assert isinstance(found, SinceEarlier)
    assert (found.absent, found.unconfirmed) == ((), 1)


def test_without_a_record_of_the_stage_nothing_is_new_unchanged_or_gone() -> None:
    other = record(stage="check_hashes")
    found = compared([record(NOW), other], [other], check_vulnerabilities="its record cannot be read").since
    assert isinstance(found, SinceEarlier)
    assert found.states == (UNKNOWN,)
    assert found.not_compared == ("check_vulnerabilities: its record cannot be read",)
    found = compared([other], [record(NOW), other]).since
    assert isinstance(found, SinceEarlier)
    assert (found.absent, found.unconfirmed) == ((), 1)


@pytest.mark.parametrize("earlier", [None, []])
def test_without_an_earlier_scan_nothing_is_said(earlier: list[Record] | None) -> None:
    report = compared([record(NOW)], earlier)
    assert since_sentence(report) == "not compared with an earlier scan: no earlier scan is kept here"
    for form in (report_text(report), report_markdown(report), json.dumps(sarif(report, generator=("s", "1")))):
        assert not re.search(r"\(new\)|\*\*new\*\*|unchanged|baselineState", form)
        assert "no earlier scan is kept here" in form


def test_broken_records_are_not_an_earlier_scan() -> None:
    report = compared([record(NOW)], [], check_vulnerabilities="its record of the earlier scan cannot be read")
    assert "no record of the earlier scan can be used" in report_text(report)
    assert "check_vulnerabilities: its record of the earlier scan cannot be read" in report_text(report)


def test_a_run_that_is_no_scan_says_nothing_of_it() -> None:
    report = scan(record(NOW))
    assert since_sentence(report) == ""
    assert "since" not in json.loads(canonical.encode(report))
    assert "baselineState" not in json.dumps(sarif(report, generator=("s", "1")))


def test_every_form_has_the_same() -> None:
    gone, fresh = finding("urllib3"), finding("ipython", aliases=("CVE-2026-9",))
    changed = finding("six", severity=Severity.LOW)
    then = [record(NOW, gone, finding("six"))]
    report = compared([record(NOW, fresh, changed)], then)
    sentence = "since the scan of 2026-11-20T00:00:00Z: 1 new, 1 updated, 1 unchanged, 1 gone"
    assert since_sentence(report) == sentence
    text = report_text(report)
    assert sentence in text
    assert re.findall(r"(\S+) 3.20 .*\((new|updated)\)", text) == [("ipython", "new"), ("six", "updated")]
    assert "  gone: urllib3 3.20  CVE-2026-1" in text
    shown = report_markdown(report)
    assert "Since the scan of 2026-11-20T00:00:00Z: 1 new, 1 updated, 1 unchanged, 1 gone." in shown
    assert re.findall(r"\| (\w+) 3.20 \*\*(\w+)\*\* \|", shown) == [("ipython", "new"), ("six", "updated")]
    assert "### Gone since the earlier scan" in shown
    results = sarif(report, generator=("s", "1"))["runs"][0]["results"]
    assert [(one["properties"]["subject"], one["baselineState"]) for one in results] == [
        ("idna 3.20", "unchanged"),
        ("ipython 3.20", "new"),
        ("six 3.20", "updated"),
        ("urllib3 3.20", "absent"),
    ]
    plain = json.loads(canonical.encode(report))["since"]
    assert plain["states"] == ["unchanged", "new", "updated"]
    assert [one["package"] for one in plain["absent"]] == ["urllib3"]
    assert canonical.decode(canonical.encode(report), FindingsReport, where="x") == report


def test_a_public_log_has_counts_alone() -> None:
    report = compared([record(finding("sekret"))], [record(finding("hidden"))], check_locks="x")
    assert "1 new, 0 updated, 0 unchanged, 1 gone; 1 stage not compared in full" in counts_only(report)
    assert not re.search("sekret|hidden|check_locks: x", counts_only(report))


HOSTILE = "x\r\n::error::y\x1b[31m\u202ez|`<img>`[a](b)https://user:secret@host/"


@pytest.mark.parametrize("field", ["message", "package", "version", "path"])
def test_hostile_text_of_an_earlier_scan_stays_harmless(field: str) -> None:
    fields: dict[str, Any] = {"aliases": (), field: HOSTILE}
    report = compared([record(NOW)], [record(finding(**fields))], check_locks=HOSTILE)
    assert isinstance(report.since, SinceEarlier)
    assert len(report.since.absent) == 1
    document = canonical.encode(sarif(report, generator=("s", "1"))).decode()
    for form in (report_text(report), report_markdown(report), document):
        assert not re.search("[\r\x1b\u202e]", form)
    assert "<img>" not in report_markdown(report)
    assert [line for line in report_text(report).split("\n") if line.lstrip().startswith("::")] == []
    for result in json.loads(document)["runs"][0]["results"]:
        uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert not re.match(r"[a-z]+:|/", uri)


@settings(max_examples=40, deadline=None)
@given(FINDINGS, FINDINGS)
def test_each_finding_is_counted_once_in_any_order(now: list[Finding], then: list[Finding]) -> None:
    report = compared([record(*now)], [record(*then)])
    found = report.since
    assert isinstance(found, SinceEarlier)
    assert len(found.states) == len(report.findings)
    paired = sum(state in (SAME, UPDATED) for state in found.states)
    assert paired + len(found.absent) + found.unconfirmed == len(scan(record(*then)).findings)
    shuffled = random.Random(1).sample(now, len(now))  # noqa: S311 - an order, not a secret
    assert compared([record(*shuffled)], [record(*reversed(then))]).since == found
    again = compared([record(*now)], [record(*now)]).since
    assert isinstance(again, SinceEarlier)
    assert set(again.states) <= {SAME}
    assert again.absent == ()
