"""The last steps that both advisory gates share: ledger, waivers, outcome, counts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from ops.supply_chain.adapters.files import ledger as ledgers
from ops.supply_chain.contracts.config.file import CONFIG_NAME
from ops.supply_chain.contracts.files.fleet import Tallies
from ops.supply_chain.contracts.files.ledger import Ledger
from ops.supply_chain.contracts.files.record import FeedRef, ToolRef
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.gather.gates.exploitation import NOT_CONFIGURED
from ops.supply_chain.gather.gates.outcome import GateOutcome, finish_gate
from ops.supply_chain.gather.gates.projects import all_excluded
from ops.supply_chain.gather.risk.advisories.lookup import FOREIGN_FOLDER, LookupResult, ProjectPins
from ops.supply_chain.gather.risk.advisories.shipped_waivers import ShippedWaivers
from ops.supply_chain.risk.advisories.classification import Classifier
from ops.supply_chain.risk.advisories.findings import KNOWN, UNDECIDED, FindingBuilder, not_examined
from ops.supply_chain.risk.advisories.pins import PinKey
from ops.supply_chain.risk.advisories.response import ResponseClock
from ops.supply_chain.risk.waivers.parse import parse_waivers
from ops.supply_chain.runner.context import StageResult, StageRun

if TYPE_CHECKING:
    from ops.supply_chain.adapters.exploitation.feeds import ExploitationFeeds

OTHER_SCOPES = {"vulnerability": ("severity",)}
"""Scopes of waivers that a gate applies besides its own."""

SECONDS_PER_HOUR = 3600

NOT_EXAMINED = "not-examined"
"""The end of every code of something that was not examined."""

TORN = "the ledger's last line is incomplete, because its writer was killed; it was skipped"


class ProjectGate(NamedTuple):
    """One project of the run: its pins, the builder of its findings, its response clock and its ledger."""

    pins: ProjectPins
    builder: FindingBuilder
    clock: ResponseClock
    ledger: Ledger | None
    component: str


GateFindings = Sequence[tuple[ProjectGate, Sequence[Finding]]]
"""The findings of each project, before waivers."""


def project_gates(
    run: StageRun, found: LookupResult, exploitation: ExploitationFeeds | None = None
) -> tuple[ProjectGate, ...]:
    """Read each project's ledger and response clock.

    Args:
        run: The stage's run.
        found: The lookup.
        exploitation: The feeds that vulnerabilities are asked for; None for none.
    Raises:
        InputError: A ledger is damaged.
        UsageError: `[response]` is invalid.
    """
    gates = []
    for pins in found.projects:
        config = pins.project.config.response
        component = pins.project.label or run.project.name
        clock = ResponseClock(config, now=run.now)
        ledger = ledgers.read(ledgers.ledger_path(run.ledgers, component))
        classifier = Classifier(pins.project.config.severity, today=clock.today)
        more = {"exploited": exploitation.of} if exploitation else {}
        builder = FindingBuilder(clock, ledger or Ledger(), zone=config.zone, classifier=classifier, **more)
        gates.append(ProjectGate(pins, builder, clock, ledger, component))
    return tuple(gates)


def not_examined_findings(found: LookupResult, pins: ProjectPins) -> Iterator[Finding]:
    """Yield a finding for each pin of a project that was not examined, and for the project as a whole."""
    yield from (finding for project, finding in found.not_examined if project is pins.project)
    code = f"{found.gate}.{NOT_EXAMINED}"
    own = pins.pinned(found.unexamined)
    for key, where in sorted(pins.locate(own.keys(), findings=len(own)).items()):
        step = "Use a snapshot that includes it, with --advisories" if key[1] else "Pin it to an exact version"
        if found.unexamined[key] == FOREIGN_FOLDER:
            step = "Move it into the project, or lock a released file of it with its hash"
        scope = f"this package and the path {where.path}" if found.sboms else "this package"
        step += f", or accept it in {CONFIG_NAME} with a waiver for {code} and {scope}."
        yield not_examined(code, *key, where, why=found.unexamined[key], step=step)


def finish_advisory_gate(
    run: StageRun,
    found: LookupResult,
    findings: GateFindings,
    *,
    counts: Mapping[str, int],
    tools: Iterable[ToolRef] = (),
    options: Mapping[str, str] | None = None,
    exploitation: ExploitationFeeds | None = None,
) -> StageResult:
    """Apply waivers, decide the outcome, and write the ledger if `--ledger` is given.

    Args:
        run: The stage's run.
        found: The lookup.
        findings: Each project's findings.
        counts: The gate's own counts.
        tools: Tools that took part.
        options: Further options that can change the outcome, besides those of both gates.
        exploitation: The feeds that the findings were asked for; None for none.
    Raises:
        InputError: The ledger is damaged.
        OutputError: The ledger cannot be written.
    """
    gate = _with_first_days(_outcome(run, found, findings), findings)
    if run.args.ledger:
        for project_gate, _ in findings:
            path = ledgers.ledger_path(run.ledgers, project_gate.component)
            ledgers.add(path, project_gate.builder.sightings, today=project_gate.clock.today)
    torn = (TORN for project_gate, _ in findings if project_gate.ledger and project_gate.ledger.torn)
    sources = [found.selected.answer.description] if found.selected else []
    skipped = list(found.selected.skipped) if found.selected else []
    return StageResult(
        outcome=gate.outcome,
        details=(
            *(f"source: {source}" for source in sources),
            *(f"source not used: {name}: {reason}" for name, reason in skipped),
            *_unasked(exploitation, gate.findings),
        ),
        counts={**_counts(found, findings, gate), **counts},
        findings=gate.findings,
        reads=tuple(ref for pins in found.projects for ref in (*pins.project.lock_refs, *pins.contents.refs)),
        feeds=(*found.feeds, *(exploitation.refs if exploitation else ()), *_ledger_refs(findings)),
        tools=tuple(tools),
        options={**_options(run), **(options or {})},
        notes=(*found.notes, *(exploitation.notes if exploitation else ()), *dict.fromkeys(torn)),
        broken_input=gate.broken,
        excluded=all_excluded(pins.project for pins in found.projects),
        document={"sources": sources, "passed_over": [list(pair) for pair in skipped]},
        tallies=_tallies(found) if run.part else {},
        common=found.common,
    )


def thing(key: PinKey) -> str:
    """Return how tallies name a pin."""
    return " ".join(key)


def _tallies(found: LookupResult) -> Tallies:
    """Return what parts of a fleet may share: each thing is counted once, in whichever of them it is."""
    pins = {key for project in found.projects for key in project.pins}
    inside = {key for project in found.projects for key in project.contents.inside.packages}
    opened = any(project.contents.refs for project in found.projects)
    return {
        "pins": dict.fromkeys(map(thing, pins), 1),
        "wanted": dict.fromkeys(map(thing, found.wanted), 1),
        "examined": dict.fromkeys(map(thing, found.examined), 1),
        "unusable": {"": 1} if found.unusable else {},
        "unopened": {
            project.project.label: project.contents.unopened for project in found.projects if project.contents.note
        },
        **({"inside": dict.fromkeys(map(thing, inside), 1), "inside_others": _others_inside(found)} if opened else {}),
    }


def _unasked(exploitation: ExploitationFeeds | None, findings: Iterable[Finding]) -> tuple[str, ...]:
    """Return that exploitation was not checked, where there are vulnerabilities and no feed is configured."""
    if exploitation is None or exploitation.configured:
        return ()
    return (NOT_CONFIGURED,) if any(finding.code in (KNOWN, UNDECIDED) for finding in findings) else ()


def _outcome(run: StageRun, found: LookupResult, findings: GateFindings) -> GateOutcome:
    """Decide the outcome: a pass becomes not-examined if an unexamined pin is not accepted by a waiver."""
    pairs = [
        (project_gate.pins.project, [*listed, *_of_the_future(found.gate, project_gate)])
        for project_gate, listed in findings
    ]
    scopes = frozenset({found.gate, *OTHER_SCOPES.get(found.gate, ())})
    elsewhere = None if found.sboms else ShippedWaivers(run)
    gate = finish_gate(run, pairs, scopes=scopes, all_examined=True, elsewhere=elsewhere)
    unexamined = any(finding.code.endswith(NOT_EXAMINED) and not finding.waived_by for finding in gate.findings)
    if unexamined and gate.outcome is Outcome.PASS:
        return gate._replace(outcome=Outcome.NOT_EXAMINED)
    return gate


def _with_first_days(gate: GateOutcome, findings: GateFindings) -> GateOutcome:
    """Give the findings about waivers the day on which a scan first reported them, so that each is new only once."""
    first: dict[Finding, Finding] = {}
    for project_gate, _ in findings:
        project = project_gate.pins.project
        names = {waiver.place: f"{waiver.id} until {waiver.expires}" for waiver in parse_waivers(project.config)[0]}
        [config] = project.relocated(
            [Finding(code="", severity=Severity.INFO, message="", next_step="", path=CONFIG_NAME)]
        )
        for finding in gate.findings:
            name = names.get(finding.message.split(" ", 1)[0])
            if finding.code.startswith("waiver.") and finding.path == config.path and name:
                first[finding] = project_gate.builder.waiver(finding, name)
    return gate._replace(findings=tuple(first.get(finding, finding) for finding in gate.findings))


def _of_the_future(gate: str, project_gate: ProjectGate) -> Iterator[Finding]:
    """Yield a finding if the ledger has entries of a later day than today: one of the clocks was wrong."""
    today = project_gate.clock.today.isoformat()
    days = sorted(line.first_seen for line in (project_gate.ledger or Ledger()).lines if line.first_seen > today)
    if days:
        entries = "1 entry" if len(days) == 1 else f"{len(days)} entries"
        yield Finding(
            code=f"{gate}.ledger-future",
            severity=Severity.HIGH,
            message=f"the ledger of first sightings has {entries} of a day in the future, the first {days[0]}; "
            f"today is {today}",
            next_step="Set this machine's clock; if it is right, restore the ledger from before the wrong entries.",
        )


def _counts(found: LookupResult, findings: GateFindings, gate: GateOutcome) -> dict[str, int]:
    accepted = accepted_pins(found.gate, gate.findings)
    return {
        "locks": sum(len(pins.project.locks) for pins in found.projects),
        "locked": len(found.wanted) - len(accepted),
        "examined": len(found.examined),
        "out_of_scope": found.out_of_scope,
        "unexamined_accepted": len(accepted),
        "projects": len(found.projects),
        "findings": len(gate.findings),
        "waived": sum(bool(finding.waived_by) for finding in gate.findings),
        **_inside(found),
        **_components(found),
        **_feed_age(found),
        "new": sum(project_gate.builder.new for project_gate, _ in findings),
        "overdue": sum(project_gate.builder.overdue for project_gate, _ in findings),
    }


def _inside(found: LookupResult) -> dict[str, int]:
    """Count what is inside wheels, and how much of that was not matched; absent where nothing is recorded."""
    if not any(pins.contents.refs for pins in found.projects):
        return {}
    others = _others_inside(found)
    return {"inside": len(found.inside) + len(others), "inside_not_matched": sum(others.values())}


def _others_inside(found: LookupResult) -> dict[str, int]:
    """Return the packages of other ecosystems inside wheels, each with 1 if it was not matched."""
    return {
        json.dumps([part.purl, part.name, part.version]): int(
            found.others is None or bool(found.others.verdict(part.package, (part.version,)).reason)
        )
        for pins in found.projects
        for parts in pins.contents.inside.others.values()
        for part in parts
    }


def _components(found: LookupResult) -> dict[str, int]:
    """Count the components of given SBOMs, and how many were not matched; absent where none is given."""
    if found.sboms is None:
        return {}
    unmatched = found.others.unexamined(found.sboms) if found.others else ()
    return {"components": found.sboms.components, "components_not_matched": len(unmatched)}


def _feed_age(found: LookupResult) -> dict[str, int]:
    """Return the age of the oldest source in hours: a count, because a public log has nothing else."""
    ages = [feed.age_seconds for feed in found.feeds if feed.age_seconds is not None]
    return {"feed_age_hours": max(ages) // SECONDS_PER_HOUR} if ages else {}


def accepted_pins(gate: str, findings: Iterable[Finding]) -> set[PinKey]:
    """Return the unexamined pins that waivers accept in every project that has them.

    Args:
        gate: The first part of the gate's finding codes.
        findings: Those of all projects, after waivers.
    """
    waived: set[PinKey] = set()
    open_: set[PinKey] = set()
    for finding in findings:
        if finding.code == f"{gate}.{NOT_EXAMINED}" and finding.package:
            (waived if finding.waived_by else open_).add((finding.package, finding.version))
    return waived - open_


def _ledger_refs(findings: GateFindings) -> list[FeedRef]:
    """Return the ledgers that were read: the number of lines, and the digest of the last line, which chains them all."""
    return [
        FeedRef(name="ledger", version=f"{len(project_gate.ledger.lines)} lines", sha256=project_gate.ledger.head)
        for project_gate, _ in findings
        if project_gate.ledger is not None
    ]


def _options(run: StageRun) -> dict[str, str]:
    configured = bool(run.config.feeds.osv_snapshot or run.config.feeds.osv_api)
    return {
        "advisories": "given" if run.args.advisories else "configured" if configured else "default",
        "fleet": "no" if run.args.fleet is None else "yes",
        "ledger": "yes" if run.args.ledger else "no",
        **({"sbom": str(len(run.args.sbom))} if run.args.sbom else {}),
        "source": ",".join(sorted(run.args.source)) or "all",
    }
