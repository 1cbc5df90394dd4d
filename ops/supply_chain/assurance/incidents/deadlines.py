"""The clock of Article 14, in UTC, to the second.

Early warning within 24 hours and notification within 72 hours of becoming aware; the final report on a vulnerability at most
14 days after a corrective or mitigating measure is available, on a severe incident within one month after the notification.
Regulation (EEC, Euratom) 1182/71 may move the end of a period in days or months to the end of a day, or to the next working
day. That is not applied: the deadline here is never later than the regulation's.

Source: Regulation (EU) 2024/2847, Articles 14, 24(3), 69 and 71, https://eur-lex.europa.eu/eli/reg/2024/2847/oj
"""

from __future__ import annotations

import calendar
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from ops.supply_chain.contracts.config.compliance import CraRole
from ops.supply_chain.contracts.files.incident import (
    IncidentFacts,
    IncidentKind,
    IncidentReport,
    Knowledge,
    ReportDeadline,
)
from ops.supply_chain.core.moments import parse_timestamp, timestamp

EARLY_WARNING_HOURS = 24
NOTIFICATION_HOURS = 72
FINAL_REPORT_DAYS = 14

MANUFACTURERS_FROM = datetime(2026, 9, 11, tzinfo=UTC)
"""Article 14 applies from this day, also to products that were on the market before (Articles 69(3), 71(2))."""

STEWARDS_FROM = datetime(2027, 12, 11, tzinfo=UTC)
"""Article 24(3), by which stewards report, applies from this day (Article 71(2))."""


class Duty(NamedTuple):
    """Whether Article 14 obliges to report, and why."""

    answer: Knowledge
    reason: str


def deadlines_of(facts: IncidentFacts) -> tuple[ReportDeadline, ...]:
    """Return when each report is due, in order: early warning, notification, final report."""
    aware = _moment(facts.aware)
    dues = {
        IncidentReport.EARLY_WARNING: (
            aware + timedelta(hours=EARLY_WARNING_HOURS),
            f"{EARLY_WARNING_HOURS} hours after becoming aware",
        ),
        IncidentReport.NOTIFICATION: (
            aware + timedelta(hours=NOTIFICATION_HOURS),
            f"{NOTIFICATION_HOURS} hours after becoming aware",
        ),
        IncidentReport.FINAL_REPORT: _final(facts, aware),
    }
    return tuple(
        ReportDeadline(
            report=report,
            due=timestamp(due) if due else None,
            rule=rule,
            submitted=facts.submitted.get(report),
        )
        for report, (due, rule) in dues.items()
    )


def month_after(moment: datetime) -> datetime:
    """Return the same time of the same day of the next month, or of its last day where it has no such day."""
    year, month = (moment.year + 1, 1) if moment.month == 12 else (moment.year, moment.month + 1)  # noqa: PLR2004
    day = min(moment.day, calendar.monthrange(year, month)[1])
    return moment.replace(year=year, month=month, day=day)


def duty_of(role: CraRole, facts: IncidentFacts) -> Duty:
    """Return whether Article 14 obliges to report, by the stated role and facts: not legal advice."""
    if role is CraRole.UNDECIDED:
        return Duty(Knowledge.UNKNOWN, "the role is not stated: [compliance].cra_role")
    if role is CraRole.OUT_OF_SCOPE:
        return Duty(Knowledge.NO, "the maintainers state that the project is out of scope")
    manufacturer = role is CraRole.MANUFACTURER
    start = MANUFACTURERS_FROM if manufacturer else STEWARDS_FROM
    article = "Article 14" if manufacturer else "Article 24(3), by which stewards report,"
    if _moment(facts.aware) < start:
        return Duty(Knowledge.NO, f"{article} applies from {start.date()}")
    return _duty_of_kind(role, facts, f"{article} has applied since {start.date()}")


def _duty_of_kind(role: CraRole, facts: IncidentFacts, applies: str) -> Duty:
    if facts.kind is IncidentKind.INCIDENT:
        return _of_role(role, f"{applies}, to severe incidents")
    applies += ", to actively exploited vulnerabilities"
    if facts.exploited is Knowledge.YES:
        return _of_role(role, applies)
    what = "this one is stated not to be" if facts.exploited is Knowledge.NO else "whether this one is, is unknown"
    return Duty(facts.exploited, f"{applies}; {what}")


def _of_role(role: CraRole, reason: str) -> Duty:
    if role is CraRole.MANUFACTURER:
        return Duty(Knowledge.YES, reason)
    return Duty(
        Knowledge.UNKNOWN,
        f"{reason}; stewards as far as they take part in the development, or as their own systems are affected",
    )


def _final(facts: IncidentFacts, aware: datetime) -> tuple[datetime | None, str]:
    if facts.kind is IncidentKind.INCIDENT:
        notified = facts.submitted.get(IncidentReport.NOTIFICATION)
        rule = "one month after the notification was submitted"
        return (month_after(_moment(notified)), rule) if notified else (None, f"{rule}, which is unknown")
    rule = f"{FINAL_REPORT_DAYS} days after a corrective or mitigating measure is available"
    if facts.fix_available is None:
        return None, f"{rule}, which is unknown"
    # A measure that was there before anyone was aware does not make a report late that could not have been written.
    return max(_moment(facts.fix_available), aware) + timedelta(days=FINAL_REPORT_DAYS), rule


def _moment(text: str) -> datetime:
    return parse_timestamp(text, where="incident")
