"""What the advisories match: the vulnerabilities and the malware of a lookup, as each project's findings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from ops.supply_chain.adapters.osv.sources import SourceKind
from ops.supply_chain.contracts.values.advisory import Status, Vulnerability
from ops.supply_chain.contracts.values.finding import Finding
from ops.supply_chain.gather.risk.advisories.finish import ProjectGate
from ops.supply_chain.gather.risk.advisories.lookup import LookupResult, ProjectPins
from ops.supply_chain.risk.advisories.pins import PinKey

VULNERABILITY = "vulnerability"
MALWARE = "malware"

VULNERABILITY_SOURCES = tuple(SourceKind)
MALWARE_SOURCES = (SourceKind.SNAPSHOT, SourceKind.API)
"""The index's own JSON has no malicious packages."""

Matches = Mapping[PinKey, Sequence[Vulnerability]]
"""The vulnerabilities of each pin that has any."""


class Malware(NamedTuple):
    """The malware that pins match, and that which direct dependencies' projects had at other versions."""

    matches: Mapping[PinKey, tuple[Vulnerability, ...]]
    elsewhere: Mapping[PinKey, tuple[str, ...]]

    def of_project(self, pins: ProjectPins) -> Malware:
        """Return what is about the pins of one project."""
        return Malware(pins.pinned(self.matches), pins.pinned(self.elsewhere))


def vulnerabilities_of(found: LookupResult) -> Matches:
    """Return the vulnerabilities of the pins that were queried."""
    return {key: hits for key in found.queried if found.matcher and (hits := found.matcher.match(*key))}


def vulnerability_findings(
    found: LookupResult, gate: ProjectGate, matches: Matches, newest: Mapping[PinKey, str]
) -> Iterator[Finding]:
    """Yield the vulnerabilities of one project.

    Args:
        found: The lookup.
        gate: The project.
        matches: `vulnerabilities_of` the lookup.
        newest: Pin -> a later version that is clear, where only a last affected version is known.
    """
    locations = gate.pins.locate(matches.keys(), findings=sum(map(len, matches.values())))
    for key, where in sorted(locations.items()):
        move_to = found.matcher.move_to(*key) if found.matcher else ""
        clear = newest.get(key, "")
        yield from (gate.builder.vulnerability(hit, where, move_to=move_to, newest=clear) for hit in matches[key])


def malware_of(found: LookupResult) -> Malware:
    """Return the malware among the pins that were queried."""
    matches = {key: hits for key in found.queried if (hits := _malware(found, key))}
    return Malware(matches, {key: names for key in found.queried if (names := _elsewhere(found, key))})


def malware_findings(gate: ProjectGate, malware: Malware) -> Iterator[Finding]:
    """Yield the malware of one project."""
    matches, elsewhere = malware
    number = sum(map(len, matches.values())) + len(elsewhere)
    locations = gate.pins.locate({*matches, *elsewhere}, findings=number)
    for key, where in sorted(locations.items()):
        yield from (gate.builder.malware(hit, where) for hit in matches.get(key, ()))
        if key in elsewhere and gate.pins.pins[key].direct:
            yield gate.builder.name_only(*key, elsewhere[key], where)


def _malware(found: LookupResult, key: PinKey) -> tuple[Vulnerability, ...]:
    hits = found.matcher.match(*key) if found.matcher else ()
    return tuple(hit for hit in hits if hit.malware and hit.status is not Status.SETTLED)


def _elsewhere(found: LookupResult, key: PinKey) -> tuple[str, ...]:
    """Return the malware that a direct dependency's project had at other versions than the pinned one."""
    direct = any(project.pins[key].direct for project in found.projects if key in project.pins)
    return found.matcher.malware_elsewhere(*key) if found.matcher and direct else ()
