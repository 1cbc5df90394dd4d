"""The clock of Article 14: exact to the second, whatever the zone in which a time was stated."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ops.supply_chain.assurance.incidents.deadlines import deadlines_of, duty_of, month_after
from ops.supply_chain.contracts.config.compliance import CraRole
from ops.supply_chain.contracts.files.incident import IncidentFacts, IncidentKind, IncidentReport, Knowledge
from ops.supply_chain.core.moments import timestamp

MOMENTS = st.integers(1_767_225_600, 4_102_444_800).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
"""From 2026 to 2100, in whole seconds."""

VULNERABILITY, INCIDENT = IncidentKind.VULNERABILITY, IncidentKind.INCIDENT


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("2026-11-28T10:00:00+00:00", "2026-12-28T10:00:00+00:00"),
        ("2026-12-31T23:59:59+00:00", "2027-01-31T23:59:59+00:00"),
        ("2027-01-31T00:00:00+00:00", "2027-02-28T00:00:00+00:00"),
        ("2028-01-30T00:00:00+00:00", "2028-02-29T00:00:00+00:00"),
        ("2026-10-31T12:00:00+00:00", "2026-11-30T12:00:00+00:00"),
    ],
)
def test_a_month_ends_on_the_same_day_or_on_the_last(before: str, after: str) -> None:
    assert month_after(datetime.fromisoformat(before)) == datetime.fromisoformat(after)


@given(MOMENTS)
@settings(max_examples=100, deadline=None, derandomize=True)
def test_hours_are_hours(moment: datetime) -> None:
    rows = deadlines_of(IncidentFacts(kind=VULNERABILITY, aware=timestamp(moment), fix_available=timestamp(moment)))
    dues = [datetime.fromisoformat(row.due or "") - moment for row in rows]
    assert dues == [timedelta(hours=24), timedelta(hours=72), timedelta(days=14)]
    assert timedelta(days=28) <= month_after(moment) - moment <= timedelta(days=31)


def test_the_final_report_is_due_when_what_starts_its_time_is_known() -> None:
    aware, later = "2026-11-28T10:00:00Z", "2026-12-01T08:00:00Z"

    def final(**facts: object) -> str | None:
        return deadlines_of(IncidentFacts(aware=aware, **facts))[2].due  # type: ignore[arg-type]

    assert final(kind=VULNERABILITY) is None
    assert final(kind=VULNERABILITY, fix_available=later) == "2026-12-15T08:00:00Z"
    assert final(kind=VULNERABILITY, fix_available="2026-01-01T00:00:00Z") == "2026-12-12T10:00:00Z"
    assert final(kind=INCIDENT, fix_available=later) is None
    assert final(kind=INCIDENT, submitted={IncidentReport.NOTIFICATION: later}) == "2027-01-01T08:00:00Z"


@pytest.mark.parametrize(
    ("role", "aware", "kind", "exploited", "expected"),
    [
        ("undecided", "2026-11-28", VULNERABILITY, "yes", "unknown"),
        ("out-of-scope", "2026-11-28", VULNERABILITY, "yes", "no"),
        ("manufacturer", "2026-09-10", VULNERABILITY, "yes", "no"),
        ("manufacturer", "2026-09-11", VULNERABILITY, "yes", "yes"),
        ("manufacturer", "2026-11-28", VULNERABILITY, "no", "no"),
        ("manufacturer", "2026-11-28", VULNERABILITY, "unknown", "unknown"),
        ("manufacturer", "2026-11-28", INCIDENT, "unknown", "yes"),
        ("steward", "2027-12-10", VULNERABILITY, "yes", "no"),
        ("steward", "2027-12-11", VULNERABILITY, "yes", "unknown"),
        ("steward", "2027-12-11", VULNERABILITY, "no", "no"),
        ("steward", "2027-12-11", INCIDENT, "unknown", "unknown"),
    ],
)
def test_the_duty_follows_from_role_date_and_facts(
    role: str, aware: str, kind: IncidentKind, exploited: str, expected: str
) -> None:
    facts = IncidentFacts(kind=kind, aware=f"{aware}T00:00:00Z", exploited=Knowledge(exploited))
    duty = duty_of(CraRole(role), facts)
    assert duty.answer == expected
    assert duty.reason
