"""Apply waivers to findings: a waived finding stays visible, all others stay open.

An expired waiver waives nothing. A finding with several CVEs, from a record that covers them all, is waived only if
waivers name every one of them. A waiver by code covers what existed on its date: see `exists`. Each gate reports the waivers in its own scope, so that an expired, soon expiring or
unused waiver is reported once. A waived vulnerability that KEV lists since the waiver's date stays waived, and is reported.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import date

import msgspec

from ops.supply_chain.contracts.config.file import CONFIG_NAME
from ops.supply_chain.contracts.values.advisory import separate_names
from ops.supply_chain.contracts.values.exploitation import Exploitation
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.core.text import printable
from ops.supply_chain.risk.waivers.model import MALWARE, VULNERABILITY, Waiver

ABOUT_FILES = frozenset({"lock.drift"})
"""Codes of findings about a whole file that may name the first package of it that differs."""

UNUSED_CODE = "waiver.unused"
UNUSED = ("waives nothing", "Remove it.")


def _nowhere(_: Waiver) -> bool:
    return False


def apply_waivers(
    findings: Iterable[Finding],
    waivers: Sequence[Waiver],
    *,
    scopes: frozenset[str],
    today: date,
    warn_days: int,
    elsewhere: Callable[[Waiver], bool] = _nowhere,
) -> tuple[Finding, ...]:
    """Mark waived findings, and add findings about the waivers themselves.

    Args:
        findings: In any order; findings that are waived already stay unchanged.
        waivers: All waivers of the project.
        scopes: The scopes of the calling gate: `vulnerability`, `lock`, ...
        today: The date in the zone of `[waiver_rules]`; a waiver is valid to the end of its expiry date.
        warn_days: Days before its expiry date from which a waiver is reported as expiring.
        elsewhere: Whether a waiver that covers none of the findings may cover those of another gate, which then reports it
            if it does not.
    Returns:
        All findings, with `waived_by` set if a waiver covers them, and findings about waivers, sorted by location.
    """
    live = [waiver for waiver in waivers if waiver.date <= today <= waiver.expires]
    used: set[str] = set()
    idle: dict[str, tuple[str, str]] = {}
    applied = []
    exploited = []
    for finding in findings:
        matching = [] if finding.waived_by else [waiver for waiver in live if covers(waiver, finding)]
        idle.update((waiver.place, _newer(finding)) for waiver in matching if not exists(waiver, finding))
        matching = [waiver for waiver in matching if exists(waiver, finding)]
        missing = _unnamed(finding, matching)
        if matching and not missing:
            used.update(waiver.place for waiver in _needed(finding, matching))
            weakest = _weakest(_needed(finding, matching))
            applied.append(msgspec.structs.replace(finding, waived_by=weakest.label))
            exploited += _exploited(weakest, finding)
        else:
            idle.update((waiver.place, _partial(missing)) for waiver in matching)
            applied.append(finding)
    notes = [
        note
        for waiver in waivers
        if waiver.scope in scopes
        for note in _notes(
            waiver, used=waiver.place in used, idle=idle.get(waiver.place), today=today, warn_days=warn_days
        )
        if note.code != UNUSED_CODE or waiver.place in idle or not elsewhere(waiver)
    ]
    return tuple(sorted([*applied, *exploited, *notes], key=lambda finding: finding.sort_key))


def _unnamed(finding: Finding, matching: Sequence[Waiver]) -> list[str]:
    """Return the separate vulnerabilities of a finding that no matching waiver names, sorted; a code names them all."""
    if any(waiver.id == finding.code for waiver in matching):
        return []
    return sorted(separate_names(finding.aliases) - {waiver.id.upper() for waiver in matching})


def _needed(finding: Finding, matching: Sequence[Waiver]) -> Sequence[Waiver]:
    """Return the matching waivers that together waive a finding: one, or one for each separate vulnerability."""
    by_code = [waiver for waiver in matching if waiver.id == finding.code]
    separate = separate_names(finding.aliases)
    if by_code or not separate:
        return (by_code or matching)[:1]
    return [waiver for waiver in matching if waiver.id.upper() in separate]


def _weakest(waivers: Sequence[Waiver]) -> Waiver:
    """Return the waiver that decides what may be said of several: without a justification before with one, then the first to expire."""
    return min(waivers, key=lambda waiver: (bool(waiver.justification), waiver.expires, waiver.place))


def exists(waiver: Waiver, finding: Finding) -> bool:
    """Return False if a waiver by code meets a finding that did not exist on the day when the waiver was written.

    A finding that rests on records of an advisory feed appears without any change to the project: it exists from the day
    on which the last of its records was published, and a record without a date existed on no day. Every other finding is
    about the project's own state, which its maintainers change: it exists for a waiver that names what it is about: its
    package, or its file if it is about the whole file. A waiver by an advisory's id covers that advisory, whenever it was
    published.

    Args:
        waiver: One that `covers` the finding.
        finding: The finding.
    """
    if waiver.id != finding.code:
        return True
    if _rests_on_records(finding):
        return bool(finding.published) and finding.published <= waiver.date.isoformat()
    return bool(waiver.package) or not finding.package or finding.code in ABOUT_FILES


def _rests_on_records(finding: Finding) -> bool:
    return bool(finding.aliases) and finding.code.split(".", 1)[0] in (VULNERABILITY, MALWARE)


def _newer(finding: Finding) -> tuple[str, str]:
    """Return what a waiver by code does not cover, because it did not exist, and the next step."""
    who = f"{finding.package} {finding.version}".strip()
    if not _rests_on_records(finding):
        return (
            f"does not cover {who}, because it names no package",
            f'Fix the finding, or accept it with a waiver that has package = "{finding.package}".',
        )
    name = printable(finding.aliases[0])
    since = f"was published on {finding.published}, after its date" if finding.published else "has no date"
    return (
        f"does not cover {name} of {who}, which {since}",
        f"Fix the finding, or accept it with a waiver that has id = {json.dumps(name)}.",
    )


def _partial(missing: Sequence[str]) -> tuple[str, str]:
    names = ", ".join(missing)
    return (
        f"waives nothing: its record also covers {names}, which no waiver names",
        f"Fix the finding, or add a waiver for each of {names}.",
    )


def covers(waiver: Waiver, finding: Finding) -> bool:
    """Return True if a waiver is about a finding: same id, alias or code; same package and file; version in range.

    A finding with several CVEs needs a waiver for each of them: see `apply_waivers`. A waiver by code also needs that
    the finding existed on its date: see `exists`.
    """
    ids = {finding.code, *(alias.upper() for alias in finding.aliases)}
    if waiver.id not in ids and waiver.id.upper() not in ids:
        return False
    if finding.code.startswith("waiver."):
        return False
    if not concerns(waiver, finding.package, finding.version):
        return False
    # A finding with many locations is not waived by a waiver for one of them.
    return not waiver.path or (waiver.path == finding.path and finding.places <= 1)


def concerns(waiver: Waiver, package: str, version: str) -> bool:
    """Return whether a waiver can be about a version of a package: same package, version in range, or none named."""
    if waiver.package and waiver.package != package:
        return False
    return not waiver.versions or _within(version, waiver.versions)


def _within(version: str, specifier: str) -> bool:
    from packaging.specifiers import SpecifierSet
    from packaging.version import InvalidVersion, Version

    try:
        return SpecifierSet(specifier).contains(Version(version), prereleases=True)
    except InvalidVersion:
        return False


def _notes(waiver: Waiver, *, used: bool, idle: tuple[str, str] | None, today: date, warn_days: int) -> list[Finding]:
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
    what, step = idle or UNUSED
    if not used:
        notes.append(_note(waiver, "unused", Severity.INFO, what, step))
    elif idle:
        notes.append(_note(waiver, "partial", Severity.INFO, what, step))
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


def _exploited(waiver: Waiver, finding: Finding) -> list[Finding]:
    """Return the finding that a waived vulnerability is exploited since it was accepted; the waiver stays valid."""
    known = finding.exploitation
    if not isinstance(known, Exploitation) or not known.is_exploited or known.exploited < waiver.date.isoformat():
        return []
    who = f"{finding.package} {finding.version}".strip()
    note = _note(
        waiver,
        "exploited",
        Severity.INFO,
        f"covers {printable(known.cve)} of {who}, which is {known.words}, after it was accepted on {waiver.date}",
        "Fix the finding; if it stays accepted, write the waiver again with today's date and the reason that still applies.",
    )
    return [msgspec.structs.replace(note, package=finding.package, version=finding.version, exploitation=known)]


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
