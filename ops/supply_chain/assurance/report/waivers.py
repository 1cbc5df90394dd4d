"""Waivers by days left, the first to expire first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import msgspec

from ops.supply_chain.assurance.report.inputs import AcceptedWaiver
from ops.supply_chain.assurance.report.tone import Tone, plural
from ops.supply_chain.contracts.values.finding import Finding


class WaiverView(msgspec.Struct, frozen=True, kw_only=True):
    """One waiver: `days` left, negative where it has expired; `used` counts the findings that it waives in this run."""

    id: str
    package: str
    reason: str
    owner: str
    expires: str
    days: int
    left: str
    tone: Tone
    used: int


def waivers_view(
    waivers: Sequence[AcceptedWaiver], findings: Sequence[Finding], *, today: date, warn_days: int
) -> tuple[WaiverView, ...]:
    """Arrange waivers by days left.

    Args:
        waivers: The well-formed ones.
        findings: Of this run, with `waived_by`.
        today: The day in the zone of the waivers.
        warn_days: How many days before its expiry a waiver is highlighted.
    """
    views = [_view(waiver, findings, today, warn_days) for waiver in waivers]
    return tuple(sorted(views, key=lambda view: (view.days, view.id, view.package)))


def _view(waiver: AcceptedWaiver, findings: Sequence[Finding], today: date, warn_days: int) -> WaiverView:
    days = (waiver.expires - today).days
    return WaiverView(
        id=waiver.id,
        package=waiver.package,
        reason=waiver.reason,
        owner=waiver.owner,
        expires=waiver.expires.isoformat(),
        days=days,
        left=_left(days),
        tone=Tone.FAIL if days < 0 else Tone.UNKNOWN if days <= warn_days else Tone.PLAIN,
        used=sum(finding.waived_by == waiver.label for finding in findings),
    )


def _left(days: int) -> str:
    if days < 0:
        return f"expired {plural(-days, 'day')} ago"
    return "expires today" if days == 0 else f"{plural(days, 'day')} left"
