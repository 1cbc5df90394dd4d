"""Severities that the maintainers set by hand, in `[[severity]]`.

| code | what | severity |
|---|---|---|
| `severity.malformed` | an entry cannot be used | high |
| `severity.unused` | an entry has no effect: no finding has its id, or the records rate it at least as high | info |
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

import msgspec

from ops.supply_chain.contracts.config.file import CONFIG_NAME
from ops.supply_chain.contracts.config.severity import SeverityEntry
from ops.supply_chain.contracts.values.advisory import Basis, Rating, Vulnerability, separate_names
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.core.names import finding_package
from ops.supply_chain.core.text import printable
from ops.supply_chain.risk.advisories.severity import least, worse

MALFORMED, UNUSED = "severity.malformed", "severity.unused"
SEVERITIES = (Severity.LOW, Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL)


class Classification(msgspec.Struct, frozen=True, kw_only=True):
    """A valid entry; `id` in upper case, `package` in PEP 503 form or empty, `place` its position, for messages."""

    id: str
    package: str
    severity: Severity
    reason: str
    date: date
    place: str


class Classifier:
    """The maintainers' classification of one project.

    Args:
        entries: `[[severity]]`.
        today: The day of the run; a later entry has no effect.
    """

    def __init__(self, entries: Sequence[SeverityEntry], *, today: date) -> None:
        self._entries: list[Classification] = []
        self._malformed: list[Finding] = []
        self._used: set[str] = set()
        self._overruled: dict[str, str] = {}
        for position, entry in enumerate(entries):
            place = f"severity[{position}]"
            problems = list(_problems(entry, today))
            self._malformed += [_malformed(place, entry, problem) for problem in problems]
            if not problems:
                self._entries.append(_classification(place, entry))

    def rate(self, found: Vulnerability) -> Rating:
        """Return the rating of a vulnerability, with the maintainers' severity where it applies.

        A record that covers several vulnerabilities is classified only if every one of them is: by the worst.
        """
        names = {name.upper() for name in found.names}
        entries = [item for item in self._entries if item.id in names and item.package in ("", found.package)]
        if not entries or found.malware or not separate_names(names) <= {item.id for item in entries}:
            return found.rating
        worst = entries[0]
        for entry in entries[1:]:
            worst = entry if worse(entry.severity, worst.severity) is not worst.severity else worst
        rated, floor = found.rating, least(found.rating)
        rates_it = floor is rated.severity and worse(floor, worst.severity) is floor
        if rates_it or worse(floor, worst.severity) is not worst.severity:
            self._overruled.update((entry.place, f"the records rate it {_at_least(rated)}") for entry in entries)
            return rated
        self._used.update(entry.place for entry in entries)
        note = f"{worst.date.isoformat()}: {printable(worst.reason)}"
        return msgspec.structs.replace(
            rated, severity=worst.severity, counts_as=worst.severity, basis=Basis.MAINTAINER, note=note
        )

    def findings(self) -> Iterator[Finding]:
        """Yield the findings about the entries themselves, after all vulnerabilities were rated."""
        yield from self._malformed
        for entry in self._entries:
            if entry.place not in self._used:
                yield _unused(entry, self._overruled.get(entry.place, ""))


def _at_least(rating: Rating) -> str:
    floor = least(rating)
    return str(floor) if floor is rating.severity else f"{floor} or higher"


def _problems(entry: SeverityEntry, today: date) -> Iterator[str]:
    yield from (
        f"has no {field}" for field in ("id", "severity", "reason", "date") if not getattr(entry, field).strip()
    )
    if entry.severity and entry.severity not in SEVERITIES:
        yield f"has severity {entry.severity!r}, expected one of {', '.join(SEVERITIES)}"
    day = _day(entry.date)
    if entry.date.strip() and day is None:
        yield f"has date {entry.date!r}, which is not an ISO date"
    if day is not None and day > today:
        yield f"is dated {day}, which is in the future"


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def _classification(place: str, entry: SeverityEntry) -> Classification:
    return Classification(
        id=entry.id.strip().upper(),
        package=finding_package(entry.package) if entry.package else "",
        severity=Severity(entry.severity),
        reason=entry.reason,
        date=date.fromisoformat(entry.date.strip()),
        place=place,
    )


def _malformed(place: str, entry: SeverityEntry, problem: str) -> Finding:
    return Finding(
        code=MALFORMED,
        severity=Severity.HIGH,
        message=f"{place} {printable(problem)}",
        next_step=f"Fix {place} in {CONFIG_NAME}; until then it classifies nothing.",
        package=finding_package(entry.package) if entry.package else "",
        path=CONFIG_NAME,
        aliases=(entry.id,) if entry.id else (),
    )


def _unused(entry: Classification, overruled: str) -> Finding:
    if overruled:
        step = "Remove it; to accept a finding whose records rate it higher, use a waiver."
    else:
        step = "Remove it, unless a supported release or a product of a supplier needs it."
    return Finding(
        code=UNUSED,
        severity=Severity.INFO,
        message=f"{entry.place} ({entry.id}) classifies nothing of today's locks"
        + (f": {overruled}" if overruled else ""),
        next_step=step,
        package=entry.package,
        path=CONFIG_NAME,
        aliases=(entry.id,),
    )
