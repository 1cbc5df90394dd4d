"""What advisories say about the supported releases: one matching over all their pins and those of today's locks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from ops.supply_chain.adapters.files import ledger as ledgers
from ops.supply_chain.contracts.files.ledger import Ledger, Sighting
from ops.supply_chain.contracts.values.finding import Finding
from ops.supply_chain.contracts.values.lock import LockKind
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
from ops.supply_chain.gather.risk.advisories.lookup import look_up
from ops.supply_chain.gather.risk.advisories.matches import MALWARE_SOURCES, vulnerabilities_of
from ops.supply_chain.gather.risk.advisories.shipped import NOT_EXAMINED, ReadReleases
from ops.supply_chain.gather.risk.advisories.shipped_parts import (
    Upgrades,
    extras_of,
    not_matched,
    read_today,
    todays_locks,
    unmatched,
    with_parts,
)
from ops.supply_chain.gather.risk.vex import VexFile, own_products, with_authors
from ops.supply_chain.risk.advisories.classification import Classifier
from ops.supply_chain.risk.advisories.findings import FindingBuilder
from ops.supply_chain.risk.advisories.pins import Locations
from ops.supply_chain.risk.advisories.shipped import (
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


class _Examined(NamedTuple):
    """The findings, the builder that made them with its sightings, and whether the days come from publications."""

    findings: list[Finding]
    builder: FindingBuilder
    remembered: bool


def examine(run: StageRun, read: ReadReleases, vex: Sequence[VexFile]) -> StageResult:
    """Match the pins of releases, and decide the outcome.

    Args:
        run: The stage's run.
        read: The releases, at least one.
        vex: VEX documents.
    Raises:
        UnavailableError: No source of advisories answered.
        InputError: The ledger is damaged.
        OutputError: The ledger cannot be written.
    """
    project = GateProject(label="", root=run.root, config=run.config, locks=read.locks)
    today = read_today(run)
    projects = [project, *([today.project] if today else ())]
    extras = extras_of(read, today)
    with look_up(run, GATE, MALWARE_SOURCES, with_malicious=True, projects=projects, extras=extras) as found:
        matches = with_parts(found, vulnerabilities_of(found), read, today)
    gates = project_gates(run, found)
    locks = todays_locks(today, [*gates[1].pins.pins] if today else [], read)
    upgrades = Upgrades(gates[1], found, matches, read.wheels) if today else None
    remedies = Remedies(run.project.name, read.releases, matches, locks)
    entries = shipped(read.releases, matches)
    with exploitation_feeds(run) as exploitation:
        builder, remembered = _builder(run, gates[0], entries, exploitation)
        examined = _Examined(_findings(run, gates[0], entries, builder, remedies, upgrades, vex), builder, remembered)
    listed = [*read.findings, *examined.findings, *not_examined_findings(found, gates[0].pins)]
    listed += [*unmatched(found, read, run.project.name), *unchecked_exploitation(exploitation, NOT_EXAMINED)]
    result = _finish(run, project, read, listed)
    if run.args.ledger:
        _remember(run, gates[0], examined)
    notes = () if examined.remembered or not examined.findings else (NO_LEDGER,)
    torn = (TORN,) if gates[0].ledger and gates[0].ledger.torn else ()
    return replace(
        result,
        counts={
            **result.counts,
            "pins": len(gates[0].pins.pins),
            "unexamined": sum(key in found.unexamined for key in gates[0].pins.pins),
            "components_not_matched": not_matched(found, read),
            "new": examined.builder.new,
            "overdue": examined.builder.overdue,
        },
        feeds=(*found.feeds, *exploitation.refs),
        reads=(*result.reads, *(ref for file in vex for ref in file.refs)),
        options={**result.options, "advisories": "given" if run.args.advisories else "default"},
        notes=(*result.notes, *exploitation.notes, *notes, *(found.others.notes if found.others else ()), *torn),
    )


def finish_without_pins(run: StageRun, read: ReadReleases) -> StageResult:
    """Decide the outcome where no release could be read."""
    project = GateProject(label="", root=run.root, config=run.config, locks=())
    return _finish(run, project, read, read.findings)


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


def _finish(run: StageRun, project: GateProject, read: ReadReleases, findings: Sequence[Finding]) -> StageResult:
    gate = finish_gate(run, [(project, findings)], scopes=frozenset({GATE}), all_examined=True)
    outcome = _not_a_pass(gate)
    affected = {place for finding in gate.findings for place in _places(finding)}
    return StageResult(
        outcome=outcome,
        counts={
            "releases": read.retained,
            "supported": read.supported,
            "examined": len(read.releases),
            "affected": len(affected),
            "findings": len(gate.findings),
            "waived": sum(bool(finding.waived_by) for finding in gate.findings),
        },
        findings=gate.findings,
        reads=read.refs,
        options={"ledger": "yes" if run.args.ledger else "no", "vex": str(len(run.args.vex))},
    )


def _places(finding: Finding) -> Iterator[str]:
    """Yield the SBOMs of the releases that a finding about a package names."""
    if finding.package and not finding.waived_by and finding.path:
        yield finding.path
        yield from (place.rpartition(":")[0] for place in finding.also_at)


def _not_a_pass(gate: GateOutcome) -> Outcome:
    unexamined = any(finding.code == NOT_EXAMINED and not finding.waived_by for finding in gate.findings)
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
