"""Apply waivers to findings: a waived finding stays visible, all others stay open.

An expired waiver waives nothing. Each gate reports the waivers in its own scope, so that an expired, soon expiring or
unused waiver is reported once.
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
    """Mark waived findings, and add findings about the waivers themselves.

    Args:
        findings: In any order; findings that are waived already stay unchanged.
        waivers: All waivers of the project.
        scopes: The scopes of the calling gate: `vulnerability`, `lock`, ...
        today: The date in the zone of `[waiver_rules]`; a waiver is valid to the end of its expiry date.
        warn_days: Days before its expiry date from which a waiver is reported as expiring.
    Returns:
        All findings, with `waived_by` set if a waiver covers them, and findings about waivers, sorted by location.
    """
    live = [waiver for waiver in waivers if waiver.date <= today <= waiver.expires]
    used: set[str] = set()
    applied = []
    for finding in findings:
        match = next((waiver for waiver in live if not finding.waived_by and covers(waiver, finding)), None)
        if match is not None:
            used.add(match.place)
        applied.append(msgspec.structs.replace(finding, waived_by=match.label) if match else finding)
    notes = [
        note
        for waiver in waivers
        if waiver.scope in scopes
        for note in _notes(waiver, used=waiver.place in used, today=today, warn_days=warn_days)
    ]
    return tuple(sorted([*applied, *notes], key=lambda finding: finding.sort_key))


def covers(waiver: Waiver, finding: Finding) -> bool:
    """Return True if a waiver covers a finding: same id, alias or code; same package and file; version in range."""
    ids = {finding.code, *(alias.upper() for alias in finding.aliases)}
    if waiver.id not in ids and waiver.id.upper() not in ids:
        return False
    if finding.code.startswith("waiver."):
        return False
    if waiver.package and waiver.package != finding.package:
        return False
    # A finding with many locations is not waived by a waiver for one of them.
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
                "Fix the finding, or accept it again until a new expiry date.",
            )
        ]
    if waiver.date > today:
        return [
            _note(
                waiver, "not-yet", Severity.LOW, f"is dated {waiver.date}, which is in the future", "Correct its date."
            )
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
                f"expires in {left} day{'s' * (left != 1)}, on {waiver.expires}",
                "Fix the finding before that date.",
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
