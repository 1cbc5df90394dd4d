"""Root causes on the page and in the job summary: they come first, with their advisories and a command to copy."""

from __future__ import annotations

import pytest

from ops.supply_chain.assurance.report.causes import MOST_LISTED, MOST_SHOWN
from ops.supply_chain.assurance.report.markdown import counts_only, summary
from ops.supply_chain.assurance.report.tone import Tone
from ops.supply_chain.contracts.values.cause import CauseKind, Mark
from ops.supply_chain.contracts.values.exploitation import Exploitation, Listing
from ops.supply_chain.contracts.values.finding import Severity
from ops.supply_chain.core.outcome import Outcome
from tests.assurance.report.support import cause, html, page, reason, record, rule, verdict
from tests.risk.findings.support import finding

DENIED = verdict(rule(outcome=Outcome.FAIL, denials=(reason(),)), outcome=Outcome.FAIL)
KNOWN = (Mark.DENIES, cause())
OLD = (
    Mark.UNKNOWN,
    cause(kind=CauseKind.NOT_EXAMINED, title="the feed is old", severity=Severity.INFO, steps=("Wait.",), locations=()),
)
FIRST = (
    Mark.NOTE,
    cause(kind=CauseKind.FIRST_RUN, title="first run", severity=Severity.INFO, steps=("Run `nox -s lock` and commit.",), locations=()),
)  # fmt: skip
COMMAND = "nox -s lock -- --upgrade-package soupsieve"


def test_the_page_leads_with_the_vulnerability_its_page_and_the_command() -> None:
    shown = page(verdict=DENIED, causes=(KNOWN, OLD, FIRST))
    text = html(shown)
    top = text[text.index('id="verdict"') : text.index('id="pipeline"')]
    link = '<a href="https://nvd.nist.gov/vuln/detail/CVE-2026-1" rel="noreferrer">CVE-2026-1</a>'
    assert f"<strong>soupsieve 2.8.3</strong>: {link}" in top
    assert "Move soupsieve to 2.8.4 or later." in top
    assert f">{COMMAND}</code>" in top
    assert top.count('class="copy"') == 2
    assert [top.index(word) for word in ("soupsieve", "the feed is old", "first run")] == sorted(
        top.index(word) for word in ("soupsieve", "the feed is old", "first run")
    )
    assert [word in top for word in ("denies the release", "not examined", "to know")] == [True] * 3
    assert "Required: " not in top


def test_a_cause_states_that_it_is_exploited() -> None:
    listed = finding(exploitation=Exploitation(listing=Listing.LISTED, exploited="2026-05-01"))
    shown = (Mark.DENIES, cause(findings=(listed,)))
    assert '<strong class="late">exploited since 2026-05-01 (KEV)</strong>' in html(page(causes=(shown,)))
    assert "**exploited since 2026-05-01 (KEV)**" in summary(page(causes=(shown,)))
    assert "exploited" not in summary(page(causes=(KNOWN,)))


def test_a_denial_without_causes_keeps_its_reasons() -> None:
    assert page(verdict=DENIED).headline.reasons[0].startswith("Required: ")


def test_a_gate_that_failed_is_not_repeated_where_its_cause_is_shown() -> None:
    failed = record("check_vulnerabilities", finding(), outcome=Outcome.FAIL)
    assert page(failed, causes=(KNOWN,)).headline.reasons == ()
    assert page(failed, causes=(KNOWN,)).headline.word == page(failed).headline.word == "Not examined in full"
    assert page(failed, causes=(FIRST,)).headline.reasons == page(failed).headline.reasons != ()


@pytest.mark.parametrize("count", [0, 1, MOST_SHOWN, MOST_SHOWN + 1, MOST_LISTED + 1])
def test_no_cause_is_lost_from_sight(count: int) -> None:
    shown = page(causes=(KNOWN,) * count)
    assert len(shown.causes.rows) + shown.causes.left == count
    text = html(shown)
    assert text.count('<li class="cause ') == min(count, MOST_LISTED)
    assert (f"{min(count, MOST_LISTED) - MOST_SHOWN} more cause" in text) == (count > MOST_SHOWN)


@pytest.mark.parametrize(
    ("severity", "outcome", "mark", "tone"),
    [
        (Severity.INFO, Outcome.PASS, Mark.NOTE, Tone.PLAIN),
        (Severity.LOW, Outcome.PASS, Mark.NOTE, Tone.PLAIN),
        (Severity.HIGH, Outcome.FAIL, Mark.NOTE, Tone.FAIL),
        (Severity.LOW, Outcome.PASS, Mark.DENIES, Tone.FAIL),
    ],
)
def test_only_a_finding_that_fails_is_a_red_cross(severity: Severity, outcome: Outcome, mark: Mark, tone: Tone) -> None:
    open_one = finding(severity=severity)
    shown = page(
        record("check_vulnerabilities", open_one, outcome=outcome), causes=((mark, cause(findings=(open_one,))),)
    )
    assert next(tile.tone for tile in shown.tiles if tile.label == "Findings") is tone


def test_an_info_finding_beside_a_gate_that_failed_for_another_reason_is_no_red_cross() -> None:
    shown = page(record("check_vulnerabilities", finding(severity=Severity.INFO), outcome=Outcome.FAIL))
    assert next(tile.tone for tile in shown.tiles if tile.label == "Findings") is Tone.UNKNOWN


def test_the_job_summary_begins_with_the_causes() -> None:
    lines = summary(page(verdict=DENIED, causes=(KNOWN, OLD, FIRST))).splitlines()
    start = lines.index(
        "- **x** soupsieve 2.8.3: [CVE-2026-1](<https://nvd.nist.gov/vuln/detail/CVE-2026-1>), high (denies the release)"
    )
    assert start < 6
    assert lines[start + 1 : start + 7] == [
        "  - requirements.txt:3 and 2 more places",
        f"  - Move soupsieve to 2.8.4 or later. `{COMMAND}`",
        "- **?** the feed is old (not examined)",
        "  - Wait.",
        "- **!** first run (to know)",
        "  - Run `nox -s lock` and commit.",
    ]


def test_a_public_log_gets_no_cause() -> None:
    shown = counts_only(page(verdict=DENIED, causes=(KNOWN,)))
    assert "soupsieve" not in shown
    assert "CVE" not in shown
