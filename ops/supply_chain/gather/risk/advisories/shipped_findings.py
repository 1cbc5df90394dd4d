"""What advisories say about the supported releases: one matching over all their pins and those of today's locks."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec
from msgspec.structs import replace

from ops.supply_chain.adapters.files import ledger as ledgers
from ops.supply_chain.contracts.files.ledger import Ledger, Sighting
from ops.supply_chain.contracts.values.finding import Finding
from ops.supply_chain.contracts.values.lock import LockKind
from ops.supply_chain.core.commands import Typing, as_typed
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.gather.gates.exploitation import exploitation_feeds, unchecked_exploitation
from ops.supply_chain.gather.gates.outcome import GateOutcome, finish_gate
from ops.supply_chain.gather.gates.projects import GateProject
from ops.supply_chain.gather.risk.advisories.finish import (
    TORN,
    ProjectGate,
    not_examined_findings,
    project_gates,
)
from ops.supply_chain.gather.risk.advisories.lookup import LookupResult, look_up
from ops.supply_chain.gather.risk.advisories.matches import MALWARE_SOURCES, Matches, vulnerabilities_of
from ops.supply_chain.gather.risk.advisories.shipped import NOT_EXAMINED, NOTHING_RETAINED, ReadReleases
from ops.supply_chain.gather.risk.advisories.shipped_parts import (
    Today,
    Upgrades,
    all_extras,
    not_matched,
    todays_findings,
    todays_locks,
    unmatched,
    with_parts,
)
from ops.supply_chain.gather.risk.advisories.shipped_waivers import unused_waivers
from ops.supply_chain.gather.risk.vex import VexFile, own_products, with_authors
from ops.supply_chain.risk.advisories.classification import Classifier
from ops.supply_chain.risk.advisories.findings import FindingBuilder
from ops.supply_chain.risk.advisories.pins import Locations
from ops.supply_chain.risk.advisories.shipped import (
    SHIPPED,
    SHIPPED_MALWARE,
    Remedies,
    Shipped,
    as_of_publication,
    finding_of,
    on_releases,
    shipped,
    split_by,
)
from ops.supply_chain.risk.vex.apply import apply_vex
from ops.supply_chain.runner.context import StageResult, StageRun

if TYPE_CHECKING:
    from ops.supply_chain.adapters.exploitation.feeds import ExploitationFeeds

GATE = "shipped"
NO_LOCK = Locations("", 1, (), 0, LockKind.SBOM)
"""The place of what is no pin, before the releases are known that contain it."""

NO_LEDGER = (
    "no earlier scan is remembered here: an advisory counts as first seen on the day of its publication, so that due dates "
    "do not move from run to run"
)


class Shipment(NamedTuple):
    """A project whose releases are examined: its run, its label among several (else empty), its releases and today's locks.

    `today` is None where today's locks cannot be read.
    """

    run: StageRun
    label: str
    read: ReadReleases
    today: Today | None = None

    def typed(self, findings: Sequence[Finding]) -> list[Finding]:
        """Return findings whose commands are about this project, if it is one of several."""
        if not self.label:
            return list(findings)
        here = Typing(project=Path(os.path.relpath(self.run.root)).as_posix())
        return [msgspec.structs.replace(finding, next_step=as_typed(finding.next_step, here)) for finding in findings]

    @property
    def project(self) -> GateProject:
        """The SBOMs of its releases in place of locks."""
        return GateProject(label=self.label, root=self.run.root, config=self.run.config, locks=self.read.locks)


class _Examined(NamedTuple):
    """The findings, the builder that made them with its sightings, and whether the days come from publications."""

    findings: list[Finding]
    builder: FindingBuilder
    remembered: bool


class _Part(NamedTuple):
    """What was found about one project: its gate, everything that is listed, and what of that advisories state."""

    gate: ProjectGate
    listed: list[Finding]
    examined: _Examined


def examine(run: StageRun, shipments: Sequence[Shipment], vex: Sequence[VexFile]) -> StageResult:
    """Match the pins of releases, and decide the outcome.

    Args:
        run: The stage's run.
        shipments: The projects, in the order of the report; without a release that was read nothing is matched.
        vex: VEX documents.
    Raises:
        UnavailableError: No source of advisories answered.
        InputError: A ledger is damaged.
        OutputError: A ledger cannot be written.
    """
    if not any(shipment.read.releases for shipment in shipments):
        return _finish(run, shipments, [shipment.read.findings for shipment in shipments])
    projects = [
        project
        for shipment in shipments
        for project in (shipment.project, *([shipment.today.project] if shipment.today else ()))
    ]
    extras = all_extras([(shipment.read, shipment.today) for shipment in shipments])
    with look_up(run, GATE, MALWARE_SOURCES, with_malicious=True, projects=projects, extras=extras) as found:
        known = vulnerabilities_of(found)
        with exploitation_feeds(run) as exploitation:
            gates = iter(project_gates(run, found))
            parts = [
                _part(shipment, found, known, next(gates), next(gates) if shipment.today else None, vex, exploitation)
                for shipment in shipments
            ]
    parts[0].listed.extend(unchecked_exploitation(exploitation, NOT_EXAMINED))
    result = _finish(run, shipments, [part.listed for part in parts])
    if run.args.ledger:
        for part in parts:
            _remember(run, part.gate, part.examined)
    new_here = any(part.examined.findings and not part.examined.remembered for part in parts)
    torn = any(part.gate.ledger is not None and part.gate.ledger.torn for part in parts)
    pins = {key for part in parts for key in part.gate.pins.pins}
    notes = (NO_LEDGER,) * new_here + (found.others.notes if found.others else ()) + (TORN,) * torn
    return replace(
        result,
        counts={
            **result.counts,
            "pins": len(pins),
            "unexamined": sum(key in found.unexamined for key in pins),
            "components_not_matched": sum(not_matched(found, shipment.read) for shipment in shipments),
            "new": sum(part.examined.builder.new for part in parts),
            "overdue": sum(part.examined.builder.overdue for part in parts),
        },
        feeds=(*found.feeds, *exploitation.refs),
        reads=(*result.reads, *(ref for file in vex for ref in file.refs)),
        options={**result.options, "advisories": "given" if run.args.advisories else "default"},
        notes=(*result.notes, *exploitation.notes, *notes),
    )


def _part(
    shipment: Shipment,
    found: LookupResult,
    known: Matches,
    gate: ProjectGate,
    locks: ProjectGate | None,
    vex: Sequence[VexFile],
    exploitation: ExploitationFeeds,
) -> _Part:
    """Return what was found about one project.

    Args:
        shipment: The project.
        found: The lookup.
        known: The vulnerabilities of all pins.
        gate: The gate of its releases.
        locks: The gate of today's locks; None where they cannot be read.
        vex: VEX documents.
        exploitation: The feeds that vulnerabilities are asked for.
    """
    read, name = shipment.read, shipment.run.project.name
    matches = with_parts(found, known, read, shipment.today)
    today = todays_locks(shipment.today, [*locks.pins.pins] if locks else [], read)
    upgrades = Upgrades(locks, found, matches, read.wheels) if locks else None
    remedies = Remedies(name, read.releases, matches, today)
    entries = shipped(read.releases, matches)
    builder, remembered = _builder(shipment.run, gate, entries, exploitation)
    examined = _Examined(_findings(shipment.run, gate, entries, builder, remedies, upgrades, vex), builder, remembered)
    listed = [*read.findings, *examined.findings, *not_examined_findings(found, gate.pins)]
    listed += unmatched(found, read, name)
    if locks is not None:
        listed += unused_waivers(shipment.run, read.releases, examined.findings, todays_findings(found, locks, matches))
    return _Part(gate, listed, examined)


def _builder(
    run: StageRun, gate: ProjectGate, entries: Sequence[Shipped], exploitation: ExploitationFeeds
) -> tuple[FindingBuilder, bool]:
    """Return the builder of the findings, and whether an earlier scan is remembered."""
    day = gate.clock.today
    ledger = gate.ledger or Ledger()
    remembered = any(line.first_seen < day.isoformat() for line in ledger.lines)
    if not remembered:
        ledger = as_of_publication(entries, day)
    zone, classifier = run.config.response.zone, Classifier(run.config.severity, today=day)
    return FindingBuilder(gate.clock, ledger, zone=zone, classifier=classifier, exploited=exploitation.of), remembered


def _findings(
    run: StageRun,
    gate: ProjectGate,
    entries: Sequence[Shipped],
    builder: FindingBuilder,
    remedies: Remedies,
    upgrades: Upgrades | None,
    vex: Sequence[VexFile],
) -> list[Finding]:
    places = gate.pins.locate({entry.key for entry in entries}, findings=len(entries))
    findings: list[Finding] = []
    for entry in entries:
        upgrade = upgrades.step(entry) if upgrades else ""
        where = places.get(entry.key, NO_LOCK)
        labels = _vex_labels(run, entry, where, builder, vex) if vex else {}
        for label, part in split_by(entry, labels):
            at = on_releases(where, part)
            finding = finding_of(part, builder, at, remedies, upgrade, run.project.name)
            findings.append(msgspec.structs.replace(finding, waived_by=label))
    return findings


def _vex_labels(
    run: StageRun, entry: Shipped, at: Locations, builder: FindingBuilder, vex: Sequence[VexFile]
) -> Mapping[str, str]:
    """Return the label of the document that covers each release: a statement counts for the version that it names."""
    if entry.hit.malware:
        return {}
    finding = builder.vulnerability(entry.hit, at, move_to="")
    documents = with_authors(vex, run.config)
    labels = {}
    for release in entry.releases:
        products = own_products(msgspec.structs.replace(run.project, version=release.version))
        applied = apply_vex([finding], documents, now=run.now, products=products)
        covered = next((each.waived_by for each in applied if each.code == finding.code and each.waived_by), "")
        if covered:
            labels[release.version] = covered
    return labels


def _finish(run: StageRun, shipments: Sequence[Shipment], listed: Sequence[Sequence[Finding]]) -> StageResult:
    projects = [shipment.project for shipment in shipments]
    pairs = [
        (project, shipment.typed(findings))
        for project, shipment, findings in zip(projects, shipments, listed, strict=True)
    ]
    gate = finish_gate(run, pairs, scopes=frozenset({GATE}), all_examined=True)
    affected = {place for finding in gate.findings for place in _places(finding)}
    read = [shipment.read for shipment in shipments]
    fleet = {"projects": len(shipments)} if shipments[0].label else {}
    return StageResult(
        outcome=_not_a_pass(gate),
        counts={
            **fleet,
            "releases": sum(each.retained for each in read),
            "supported": sum(each.supported for each in read),
            "examined": sum(len(each.releases) for each in read),
            "affected": len(affected),
            "findings": len(gate.findings),
            "waived": sum(bool(finding.waived_by) for finding in gate.findings),
        },
        findings=gate.findings,
        reads=tuple(ref for each in read for ref in each.refs),
        options={"ledger": "yes" if run.args.ledger else "no", "vex": str(len(run.args.vex))},
    )


def _places(finding: Finding) -> Iterator[str]:
    """Yield the SBOMs of the releases that a finding of an advisory names."""
    if finding.code in (SHIPPED, SHIPPED_MALWARE) and not finding.waived_by:
        yield finding.path
        yield from (place.rpartition(":")[0] for place in finding.also_at)


def _not_a_pass(gate: GateOutcome) -> Outcome:
    unexamined = any(
        finding.code in (NOT_EXAMINED, NOTHING_RETAINED) and not finding.waived_by for finding in gate.findings
    )
    return Outcome.NOT_EXAMINED if unexamined and gate.outcome is Outcome.PASS else gate.outcome


def _remember(run: StageRun, gate: ProjectGate, examined: _Examined) -> None:
    """Add the sightings to the ledger; without an earlier scan, each with the day of its publication."""
    path = ledgers.ledger_path(run.artifacts, gate.component)
    today = gate.clock.today
    by_day: dict[str, list[Sighting]] = {}
    days = {} if examined.remembered else {_key(finding): finding.first_seen for finding in examined.findings}
    for sighting in examined.builder.sightings:
        day = days.get((sighting.package, frozenset(sighting.names))) or today.isoformat()
        by_day.setdefault(day, []).append(sighting)
    for day, sightings in sorted(by_day.items()):
        ledgers.add(path, sightings, today=today.fromisoformat(day))


def _key(finding: Finding) -> tuple[str, frozenset[str]]:
    return finding.package, frozenset(finding.aliases)
