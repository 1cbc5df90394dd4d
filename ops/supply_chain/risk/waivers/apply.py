"""Applying waivers to findings: what is waived stays visible, what is not stays standing.

An expired waiver waives nothing. Each gate tells of the waivers in its own scope, so that an expired,
soon expiring or unused one is told once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

import msgspec
from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version

from ops.supply_chain.contracts.config.file import CONFIG_NAME
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.risk.waivers.model import Waiver


def apply_waivers(
    findings: Iterable[Finding], waivers: Sequence[Waiver], *, scopes: frozenset[str], today: date, warn_days: int
) -> tuple[Finding, ...]:
    """Mark what is waived, and add what is to be said of the waivers themselves.

    Args:
        findings: Any order; already waived ones are left as they are.
        waivers: All of the project's.
        scopes: Those that the calling gate looks after: `vulnerability`, `lock`, ...
        today: The day, in the zone of `[waiver_rules]`; a waiver holds to the end of its last day.
        warn_days: From how many days before its last day a waiver is told to end soon.
    Returns:
        All findings, none dropped, with `waived_by` set where a waiver holds, then those about waivers,
        sorted by place.
    """
    live = [waiver for waiver in waivers if waiver.date <= today <= waiver.expires]
    used: set[str] = set()
    judged = []
    for finding in findings:
        match = next((waiver for waiver in live if not finding.waived_by and covers(waiver, finding)), None)
        if match is not None:
            used.add(match.place)
        judged.append(msgspec.structs.replace(finding, waived_by=match.label) if match else finding)
    told = [
        note
        for waiver in waivers
        if waiver.scope in scopes
        for note in _notes(waiver, used=waiver.place in used, today=today, warn_days=warn_days)
    ]
    return tuple(sorted([*judged, *told], key=lambda one: one.sort_key))


def covers(waiver: Waiver, finding: Finding) -> bool:
    """Tell whether a waiver is about a finding: same id, alias or code; same package and file; version in range."""
    ids = {finding.code, *(alias.upper() for alias in finding.aliases)}
    if waiver.id not in ids and waiver.id.upper() not in ids:
        return False
    if finding.code.startswith("waiver."):
        return False
    if waiver.package and waiver.package != finding.package:
        return False
    # What stands at many places is not waived by a waiver of one of them.
    if waiver.path and (waiver.path != finding.path or finding.places > 1):
        return False
    return not waiver.versions or _within(finding.version, waiver.versions)


def _within(version: str, specifier: str) -> bool:
    try:
        return SpecifierSet(specifier).contains(Version(version), prereleases=True)
    except InvalidVersion:
        return False


def _notes(waiver: Waiver, *, used: bool, today: date, warn_days: int) -> list[Finding]:
    left = (waiver.expires - today).days
    if left < 0:
        return [
            _note(
                waiver,
                "expired",
                Severity.HIGH,
                f"expired on {waiver.expires}",
                "Resolve what it waived, or decide anew with a new date.",
            )
        ]
    if waiver.date > today:
        return [
            _note(waiver, "not-yet", Severity.LOW, f"is dated {waiver.date}, which is yet to come", "Correct its date.")
        ]
    notes = []
    if not used:
        notes.append(_note(waiver, "unused", Severity.INFO, "waives nothing", "Remove it."))
    if left <= warn_days:
        notes.append(
            _note(
                waiver,
                "expiring",
                Severity.INFO,
                f"ends in {left} days, on {waiver.expires}",
                "Resolve what it waives before that day.",
            )
        )
    return notes


def _note(waiver: Waiver, fact: str, severity: Severity, what: str, step: str) -> Finding:
    return Finding(
        code=f"waiver.{fact}",
        severity=severity,
        message=f"{waiver.place} ({waiver.id}) {what}",
        next_step=step,
        package=waiver.package,
        path=CONFIG_NAME,
        aliases=(waiver.id,),
    )
