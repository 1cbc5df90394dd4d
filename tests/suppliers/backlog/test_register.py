"""The risk register: what is proposed, what people decided stays, what is overdue is shown."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from ops.supply_chain.contracts.config.suppliers import Exposure
from ops.supply_chain.contracts.files.backlog import Backlog, BacklogItem, Risk, RiskDecision, Treatment, UncheckedPart
from ops.supply_chain.contracts.values.exploitation import Exploitation, Listing
from ops.supply_chain.contracts.values.finding import Severity
from ops.supply_chain.suppliers.backlog.documents import backlog_markdown, register_document, register_markdown
from ops.supply_chain.suppliers.backlog.measures import counts_of, measures_of
from ops.supply_chain.suppliers.backlog.observed import SubjectCheck
from ops.supply_chain.suppliers.backlog.register import (
    ProductProfile,
    band_of,
    exposure_of,
    impact_of,
    is_review_overdue,
    risks_after,
    score_of,
    status_of,
    values_of,
)
from ops.supply_chain.suppliers.backlog.screen import ReviewCoverage, screen_lines
from tests.suppliers.backlog.making import DAY, LATER, NEWER, listed, reviewed, seen

EXPLOITED = Exploitation(listing=Listing.LISTED, exploited="2026-11-01", ransomware=True, epss=0.9, percentile=0.99)
PLAIN = ProductProfile()
UNKNOWN, INTERNAL = Exposure.UNKNOWN, Exposure.INTERNAL
FULL = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"


def risks(items: tuple[BacklogItem, ...], *known: Risk, profile: ProductProfile = PLAIN) -> tuple[Risk, ...]:
    return risks_after(known, items, lambda _: profile, tenant="t", today=DAY.today, review_days=90)


def scored(percentile: float | None) -> Exploitation:
    return Exploitation(listing=Listing.NOT_LISTED, percentile=percentile, epss=percentile and percentile / 2)


LIKELIHOODS = {
    "exploited": (EXPLOITED, UNKNOWN, 5),
    "exploited, and not exposed": (EXPLOITED, INTERNAL, 5),
    "likely": (scored(0.97), UNKNOWN, 4),
    "likely, and not exposed": (scored(0.97), INTERNAL, 3),
    "less likely": (scored(0.8), Exposure.PUBLIC, 3),
    "unlikely": (scored(0.1), UNKNOWN, 2),
    "unlikely, and not exposed": (scored(0.1), INTERNAL, 1),
    "without a score": (scored(None), UNKNOWN, 3),
}


@pytest.mark.parametrize("name", LIKELIHOODS)
def test_likelihood(name: str) -> None:
    exploitation, exposure, expected = LIKELIHOODS[name]
    [risk] = risks(reviewed((), seen("CVE-1", exploitation=exploitation)), profile=ProductProfile(3, exposure))
    assert risk.likelihood == expected
    assert ("counted as public" in risk.basis) == (exposure is UNKNOWN)


IMPACTS: dict[str, tuple[dict[str, Any], int]] = {
    "everything, by CVSS 3": ({"vector": FULL}, 5),
    "one of three, by CVSS 3": ({"vector": FULL.replace("I:H/A:H", "I:N/A:N")}, 4),
    "a little of two": ({"vector": FULL.replace("C:H/I:H/A:H", "C:L/I:L/A:N")}, 3),
    "a little of one": ({"vector": FULL.replace("C:H/I:H/A:H", "C:L/I:N/A:N")}, 2),
    "nothing": ({"vector": FULL.replace("C:H/I:H/A:H", "C:N/I:N/A:N")}, 1),
    "everything, by CVSS 4": ({"vector": "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N"}, 5),
    "partly, by CVSS 2": ({"vector": "AV:N/AC:L/Au:N/C:P/I:P/A:P"}, 3),
    "no vector, critical": ({"severity": Severity.CRITICAL}, 5),
    "no vector, low": ({"severity": Severity.LOW}, 2),
    "no vector, unknown": ({"severity": Severity.UNKNOWN}, 4),
    "malware": ({"malware": True, "vector": FULL.replace("C:H/I:H/A:H", "C:N/I:N/A:N")}, 5),
}


@pytest.mark.parametrize("name", IMPACTS)
def test_impact(name: str) -> None:
    fields, expected = IMPACTS[name]
    [item] = reviewed((), seen("CVE-1", **fields))
    assert impact_of(item) == expected


def test_criticality_moves_the_impact_and_stays_on_the_scale() -> None:
    items = reviewed((), seen("CVE-1", severity=Severity.HIGH))
    found = [risks(items, profile=ProductProfile(criticality))[0].impact for criticality in range(1, 6)]
    assert found == [2, 3, 4, 5, 5]


def test_bands() -> None:
    assert [band_of(score) for score in (0, 1, 4, 5, 9, 10, 14, 15, 25)] == [
        "", "low", "low", "medium", "medium", "high", "high", "critical", "critical",
    ]  # fmt: skip


def test_what_was_decided_takes_the_place_of_the_proposal_and_is_kept() -> None:
    items = reviewed((), seen("CVE-1"))
    [risk] = risks(items)
    decision = RiskDecision(
        likelihood=1, treatment=Treatment.MODIFY, owner="Ann", review="2026-11-19", revision=3, decided="2026-08-01"
    )
    [again] = risks(items, replace(risk, decision=decision))
    assert (again.id, again.decision, values_of(again)) == (risk.id, decision, (1, risk.impact))
    assert is_review_overdue(again, DAY.today)
    assert status_of(again, DAY.today) == "review overdue"
    [closed] = risks((), again)
    assert (closed.decision, status_of(closed, DAY.today), score_of(closed)) == (decision, "closed", 0)
    assert risks(items, closed) == (again,)


def test_a_decided_exposure_counts_for_the_proposal() -> None:
    items = reviewed((), seen("CVE-1", exploitation=scored(0.97)))
    [risk] = risks(items)
    assert (risk.likelihood, risk.exposure) == (4, UNKNOWN)
    [risk] = risks(items, replace(risk, decision=RiskDecision(exposure=INTERNAL, revision=1)))
    assert (risk.likelihood, exposure_of(risk)) == (3, INTERNAL)
    assert "; internal)" in risk.basis


def test_the_review_is_proposed_from_the_last_decision() -> None:
    items = reviewed((), seen("CVE-1"))
    [risk] = risks(items)
    assert risk.review == "2027-02-18"
    [risk] = risks(items, replace(risk, decision=RiskDecision(owner="Ann", decided="2026-12-01", revision=1)))
    assert risk.review == "2027-03-01"


def test_numbers_of_fixes() -> None:
    items = reviewed((), seen("CVE-1", published="2026-10-02"), seen("CVE-2", published="2026-11-11"), seen("CVE-3"))
    check = SubjectCheck((NEWER,), frozenset(), "2026-11-21")
    items = reviewed(items, seen("CVE-3"), check=check, day=LATER)
    found = measures_of(items, LATER.today)
    assert found == {
        "fixed": 2,
        "median_days_advisory_to_fix": 30.0,
        "median_days_known_to_fix": 15.0,
        "median_days_open": 24.0,
        "oldest_open_days": 24,
        "oldest_open": next(item.id for item in items if item.names == ("CVE-3",)),
    }
    assert measures_of((), LATER.today)["median_days_advisory_to_fix"] is None


def whole(*observations: Any) -> Backlog:
    items = reviewed((), *observations)
    return Backlog(schema="supplier-backlog/1", tenant="t", reviewed=DAY.at, items=items, risks=risks(items))


def test_the_screen_shows_exploited_first_and_fits() -> None:
    many = [
        seen(
            f"CVE-{number}",
            severity=Severity.CRITICAL,
            subject=seen("x").subject._replace(component=f"pkg:pypi/p{number}"),
        )
        for number in range(30)
    ]
    backlog = whole(*many, seen("CVE-2020-1", severity=Severity.LOW, exploitation=EXPLOITED, fixed_version="1.2"))
    coverage = ReviewCoverage(
        tuple(UncheckedPart(text=f"line {number}", step="Do it: nox -s backlog -- --show") for number in range(9)),
        ("Acme Ltd",),
    )
    text = screen_lines(backlog, coverage, DAY.today)
    assert len(text) <= 25
    assert text[0].startswith("31 open items in 1 product of 1 supplier (1 exploited,")
    assert "EXPLOITED since 2026-11-01 (KEV), used in ransomware campaigns" in text[1]
    assert text[2].endswith("pkg:pypi/foo 1.0 has CVE-2020-1, fixed in 1.2")
    exploited = next(item for item in backlog.items if item.names == ("CVE-2020-1",))
    assert f"next: nox -s backlog -- --set {exploited.id} state=triaged owner=NAME" in text
    assert "      nox -s supplier -- --request 'Acme Ltd'" in text


def test_foreign_text_is_shown_as_text() -> None:
    backlog = whole(
        seen(
            "CVE-1",
            summary="<script>|[x](y)",
            subject=seen("x").subject._replace(supplier="A|<b>\x1b[1m", product="p|q`"),
        )
    )
    shown = backlog_markdown(backlog, ReviewCoverage(), DAY.today) + register_markdown(
        backlog, ReviewCoverage(), DAY.today
    )
    assert "<script>" not in shown
    assert "<b>" not in shown
    assert "\x1b" not in shown + "\n".join(screen_lines(backlog, ReviewCoverage(), DAY.today))
    tables = [line for line in shown.splitlines() if line.startswith("|")]
    assert {line.count("|") for line in tables} == {10, 13}


def test_what_could_not_be_checked_is_in_both_documents() -> None:
    coverage = ReviewCoverage((UncheckedPart(text="3 components of pkg:npm", step="Give a feed"),))
    for shown in (backlog_markdown(whole(), coverage, DAY.today), register_markdown(whole(), coverage, DAY.today)):
        assert "## Not checked\n\n- 3 components of pkg" in shown
    assert register_document(whole(), coverage, DAY.today)["not_checked"] == ["3 components of pkg:npm"]


def test_counts_and_the_document_agree() -> None:
    backlog = whole(seen("CVE-1"), seen("CVE-2", versions=(listed(status="not_affected"),)))
    counts = counts_of(backlog.items, backlog.risks, DAY.today)
    assert (counts["open"], counts["new"], counts["not_affected"], counts["risks"]) == (1, 1, 1, 1)
    [risk] = register_document(backlog, ReviewCoverage(), DAY.today)["risks"]
    assert (risk["score"], risk["band"], risk["status"]) == (12, "high", "open")
