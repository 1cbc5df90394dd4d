"""Findings of the advisory gates: one for each (pin, vulnerability) of a project, with all its locations.

| code | what | severity |
|---|---|---|
| `vulnerability.known` | the version is affected | its rating; absent or conflicting counts as high |
| `vulnerability.undecided` | the records do not allow a decision about the version | the same |
| `vulnerability.settled` | undecidable by one record, not affected by another of the same vulnerability | info |
| `malware.known` | the pin is, or may be, a malicious package | critical |
| `malware.name-only` | the project of a direct dependency had malware at another version | info |
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from ops.supply_chain.contracts.config.file import CONFIG_NAME
from ops.supply_chain.contracts.files.ledger import Ledger, Sighting
from ops.supply_chain.contracts.values.advisory import Basis, Status, Vulnerability
from ops.supply_chain.contracts.values.exploitation import Exploitation
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.contracts.values.lock import LockKind
from ops.supply_chain.core.text import printable
from ops.supply_chain.risk.advisories.classification import Classifier
from ops.supply_chain.risk.advisories.pins import Locations
from ops.supply_chain.risk.advisories.response import ResponseClock

KNOWN, UNDECIDED, SETTLED = "vulnerability.known", "vulnerability.undecided", "vulnerability.settled"
MALWARE, NAME_ONLY = "malware.known", "malware.name-only"


class _When(NamedTuple):
    """The deadline in words, the due date, and the date of the first sighting."""

    text: str = ""
    due: str = ""
    first_seen: str = ""


NEVER = _When()
NAMED_AT_MOST = 6
"""Aliases in a message; the finding has all of them."""

_CODES = {Status.AFFECTED: KNOWN, Status.UNDECIDED: UNDECIDED, Status.SETTLED: SETTLED}

_WORDS = {
    Basis.MALWARE: "malware",
    Basis.MAINTAINER: "classified by the maintainers",
    Basis.GHSA_LABEL: "GitHub's label",
    Basis.GHSA_CVSS: "GitHub's CVSS vector",
    Basis.CVSS: "a CVSS vector",
    Basis.CONFLICTING: "the ratings conflict and [[severity]] does not classify it",
    Basis.ABSENT: "no record rates it and [[severity]] does not classify it",
}


Exploited = Callable[[Sequence[str]], Exploitation | None]
"""Returns what feeds say of a vulnerability by all its names; None where no feed is configured."""


def _no_feed(_: Sequence[str]) -> None:
    return None


class FindingBuilder:
    """The builder of one project's findings; it counts new and overdue ones.

    Args:
        clock: The response clock of its configuration.
        ledger: Sightings of earlier scans; empty if there is no ledger.
        zone: The time zone of the response clock.
        classifier: The maintainers' own severities.
        exploited: Asks the feeds of exploitation.
    """

    def __init__(
        self,
        clock: ResponseClock,
        ledger: Ledger,
        *,
        zone: str,
        classifier: Classifier | None = None,
        exploited: Exploited = _no_feed,
    ) -> None:
        self._exploited = exploited
        self._classifier = classifier or Classifier((), today=clock.today)
        self._clock = clock
        self._ledger = ledger
        self._zone = ZoneInfo(zone)
        self.new = 0
        self.overdue = 0
        self.sightings: list[Sighting] = []

    def vulnerability(self, found: Vulnerability, at: Locations, *, move_to: str, newest: str = "") -> Finding:
        """Return the finding for one vulnerability of one pin.

        Args:
            found: The vulnerability.
            at: The pin's locations.
            move_to: The nearest version without any of the pin's fixable vulnerabilities, or empty.
            newest: The newest version on the index that no vulnerability affects, or empty.
        """
        code = _CODES[found.status]
        found = msgspec.structs.replace(found, rating=self._classifier.rate(found))
        if found.status is Status.SETTLED:
            return _finding(code, Severity.INFO, found, at, said=_settled(found), step=f"Nothing: {found.reason}.")
        known = self._exploited(found.names)
        when = self._when(code, found, known)
        used = f", {known.words}" if known and known.words else ""
        said = _affected(found, used) if found.status is Status.AFFECTED else _undecided(found, used)
        step = _step(found, at, move_to, newest)
        said = f"{said}; {_severity(found)}"
        finding = _finding(code, found.rating.counts_as, found, at, said=said, step=step, when=when)
        return msgspec.structs.replace(finding, exploitation=known) if known else finding

    def classified(self) -> tuple[Finding, ...]:
        """Return the findings about `[[severity]]` itself, after all vulnerabilities."""
        return tuple(self._classifier.findings())

    def waiver(self, found: Finding, name: str) -> Finding:
        """Return a finding about a waiver with the day on which a scan first reported it.

        Args:
            found: The finding.
            name: What identifies the waiver from scan to scan: its id and expiry date.
        """
        seen = self._see(Sighting(found.code, found.package, (name,)))
        return msgspec.structs.replace(found, first_seen=seen.isoformat() if seen else "")

    def malware(self, found: Vulnerability, at: Locations) -> Finding:
        """Return the finding for a pin that is, or may be, a malicious package."""
        when = self._when(MALWARE, found)
        certain = "is" if found.status is Status.AFFECTED else "may be"
        said = f"{found.package} {found.version} {certain} malware: {found.id}{_aliases(found)}{_summary(found)}"
        if found.reason:
            said += f" ({printable(found.reason)})"
        where = f"the source of {at.path} and of every other lock listed here, and lock again"
        if at.kind is LockKind.SBOM:
            where = f"the product that {at.path} describes"
        step = (
            f"Remove {found.package}, or what requires it, from {where}; treat each machine that installed it as "
            "compromised, and rotate every secret that it could read."
        )
        return _finding(MALWARE, Severity.CRITICAL, found, at, said=said, step=step, when=when)

    def name_only(self, package: str, version: str, names: tuple[str, ...], at: Locations) -> Finding:
        """Return the finding for a direct dependency whose project had malware at other versions than the pinned one."""
        self._see(Sighting(NAME_ONLY, package, names))
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        return Finding(
            code=NAME_ONLY,
            severity=Severity.INFO,
            message=f"the project {package} had malware at other versions than {version}: {names[0]}{more}",
            next_step=f"Read {names[0]} and check that {package} {version} was published by someone you trust.",
            package=package,
            version=version,
            path=at.path,
            line=at.line,
            aliases=names,
            also_at=at.also_at,
            places=at.total,
        )

    def _when(self, code: str, found: Vulnerability, known: Exploitation | None = None) -> _When:
        seen = self._see(Sighting(code, found.package, found.names))
        deadline = self._clock.deadline(
            found.rating.counts_as,
            published=found.published,
            first_seen=_noon(seen, self._zone),
            exploited=date.fromisoformat(known.exploited) if known and known.exploited else None,
        )
        shown = seen.isoformat() if seen else ""
        if deadline is None:
            return _When(first_seen=shown)
        self.overdue += deadline.overdue
        return _When(deadline.text, deadline.due.isoformat(), shown)

    def _see(self, sighting: Sighting) -> date | None:
        self.sightings.append(sighting)
        seen = self._ledger.first_seen(sighting)
        if seen is not None:  # a day in the future must not put the deadline off
            seen = min(seen, self._clock.today)
        self.new += seen is None
        return seen


@lru_cache(maxsize=4096)
def _noon(day: date | None, zone: ZoneInfo) -> datetime | None:
    """Return noon of a day in the policy's time zone."""
    return None if day is None else datetime.combine(day, time(12), zone)


def not_examined(code: str, package: str, version: str, at: Locations, *, why: str, step: str) -> Finding:
    """Return the finding for one pin that was not examined."""
    return Finding(
        code=code,
        severity=Severity.INFO,
        message=f"{package} {version or '(no version)'} was not examined: {why}",
        next_step=step,
        package=package,
        version=version,
        path=at.path,
        line=at.line,
        also_at=at.also_at,
        places=at.total,
    )


def _finding(
    code: str,
    severity: Severity,
    found: Vulnerability,
    at: Locations,
    *,
    said: str,
    step: str,
    when: _When = NEVER,
) -> Finding:
    return Finding(
        code=code,
        severity=severity,
        message=f"{said}; {when.text}" if when.text else said,
        next_step=step,
        package=found.package,
        version=found.version,
        path=at.path,
        line=at.line,
        aliases=found.names,
        also_at=at.also_at,
        places=at.total,
        due=when.due,
        first_seen=when.first_seen,
        published=_day(found.complete),
    )


def _day(seconds: int | None) -> str:
    """Return the day of a time in UTC; empty if there is none, or none that a calendar has."""
    try:
        return "" if seconds is None else datetime.fromtimestamp(seconds, UTC).date().isoformat()
    except (OverflowError, OSError, ValueError):
        return ""


def _affected(found: Vulnerability, used: str) -> str:
    kind = "is malware" if found.malware else "has"
    return f"{found.package} {found.version} {kind} {found.id}{_aliases(found)}{used}{_summary(found)}"


def _undecided(found: Vulnerability, used: str) -> str:
    who = f"{found.package} {found.version}"
    return f"{who} may have {found.id}{_aliases(found)}{used}{_summary(found)}; {printable(found.reason)}"


def _settled(found: Vulnerability) -> str:
    return f"{found.package} {found.version} does not have {found.id}{_aliases(found)}: {printable(found.reason)}"


def _aliases(found: Vulnerability) -> str:
    if not found.aliases:
        return ""
    shown = ", ".join(found.aliases[:NAMED_AT_MOST])
    more = len(found.aliases) - NAMED_AT_MOST
    return f" ({shown})" if more <= 0 else f" ({shown} and {more} more)"


def _summary(found: Vulnerability) -> str:
    return f": {printable(found.summary)}" if found.summary else ""


def _severity(found: Vulnerability) -> str:
    rating = found.rating
    if rating.severity is Severity.UNKNOWN:
        return f"severity unknown, counts as {rating.counts_as} ({_WORDS[rating.basis]})"
    if rating.note:
        return f"severity {rating.counts_as} ({_WORDS[rating.basis]} on {rating.note})"
    return f"severity {rating.counts_as} ({_WORDS[rating.basis]})"


def _step(found: Vulnerability, at: Locations, move_to: str, newest: str) -> str:
    command = at.upgrade_command(found.package)
    how = f": {command}" if command else f", and recompile {at.path}"
    if at.kind is LockKind.SBOM:
        how = f": ask the supplier of {at.path} for a release that contains it"
    if found.fixed and move_to:
        return f"Move {found.package} to {move_to} or later{how}"
    if found.fixed:
        return f"Move {found.package} to {found.fixed} or later, which fixes this one but not the others{how}"
    if found.ends_after and newest:
        return f"Move {found.package} to {newest}, the newest version that no advisory affects{how}"
    if found.ends_after:
        return f"Move {found.package} to a version after {printable(found.ends_after)}{how}"
    if at.kind is LockKind.SBOM:
        return (
            f"No fixed version is known: ask the supplier of {at.path} to remove {found.package}, or for a VEX document, "
            "and give that with --vex"
        )
    return (
        f"No fixed version is known: remove {found.package}, or accept it in {CONFIG_NAME}: [[waivers]] "
        f'id = "{found.id}", package = "{found.package}", versions = "=={found.version}", '
        "with reason, owner, date and expires"
    )
