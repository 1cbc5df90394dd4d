"""What the two advisory gates share after matching: ledger, gaps, waivers, verdict, counts, text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from ops.supply_chain.adapters.files import ledger as ledgers
from ops.supply_chain.contracts.config.file import CONFIG_NAME
from ops.supply_chain.contracts.files.ledger import Ledger
from ops.supply_chain.contracts.files.record import FeedRef, ToolRef
from ops.supply_chain.contracts.values.finding import Finding
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.gather.gates.outcome import GateOutcome, finish_gate
from ops.supply_chain.gather.risk.advisories.lookup import Examined, Part
from ops.supply_chain.risk.advisories.findings import Teller, not_examined
from ops.supply_chain.risk.advisories.pins import Key
from ops.supply_chain.risk.advisories.response import Clock
from ops.supply_chain.runner.context import StageResult, StageRun

GAP = "not-examined"
"""Every code of a gap ends in it."""

TORN = "the ledger's last line is torn, its writer was killed; it was passed over"


class Voice(NamedTuple):
    """What tells of one project: its findings' maker, and the clock and ledger that it uses."""

    part: Part
    teller: Teller
    clock: Clock
    ledger: Ledger | None
    component: str


def voices(run: StageRun, found: Examined) -> tuple[Voice, ...]:
    """Read each project's ledger and response clock.

    Raises:
        InputError: A ledger is damaged.
        UsageError: `[response]` cannot be used.
    """
    made = []
    for part in found.parts:
        config = part.project.config.response
        component = part.project.label or run.project.name
        clock = Clock(config, now=run.now)
        known = ledgers.read(ledgers.ledger_path(run.artifacts, component))
        made.append(Voice(part, Teller(clock, known or Ledger(), zone=config.zone), clock, known, component))
    return tuple(made)


def gaps(found: Examined, part: Part) -> Iterator[Finding]:
    """Yield a finding for each pin of a project that was not looked at, and for the project as a whole."""
    yield from (gap for project, gap in found.gaps if project is part.project)
    code = f"{found.gate}.{GAP}"
    at = part.places(found.unexamined.keys(), findings=len(found.unexamined))
    for key, place in sorted(at.items()):
        step = "Use a snapshot that tells of it, with --advisories" if key[1] else "Pin it to an exact version"
        step += f", or accept it in {CONFIG_NAME} with a waiver for {code} and this package."
        yield not_examined(code, *key, place, why=found.unexamined[key], step=step)


def conclude(
    run: StageRun,
    found: Examined,
    told: Sequence[tuple[Voice, Sequence[Finding]]],
    *,
    counts: Mapping[str, int],
    tools: Iterable[ToolRef] = (),
    options: Mapping[str, str] | None = None,
) -> StageResult:
    """Apply waivers, decide, write the ledger where that is asked for, and say it all.

    Args:
        run: The stage's run.
        found: What was looked at.
        told: Each project's findings.
        counts: The gate's own.
        tools: That took part.
        options: That can change the outcome, beside those of both gates.
    Raises:
        InputError: The ledger is damaged.
        OutputError: The ledger cannot be written.
    """
    gate = _judge(run, found, told)
    if run.args.ledger:
        for voice, _ in told:
            path = ledgers.ledger_path(run.artifacts, voice.component)
            ledgers.add(path, voice.teller.sightings, today=voice.clock.today)
    every = {**_counts(found, told, gate), **counts}
    notes = (*found.notes, *dict.fromkeys(TORN for voice, _ in told if voice.ledger and voice.ledger.torn))
    sources = [found.chosen.answer.told] if found.chosen else []
    skipped = list(found.chosen.passed_over) if found.chosen else []
    return StageResult(
        outcome=gate.outcome,
        details=(
            *(f"source: {source}" for source in sources),
            *(f"source not used: {name}: {reason}" for name, reason in skipped),
        ),
        counts=every,
        findings=gate.findings,
        reads=tuple(ref for part in found.parts for ref in part.project.lock_refs),
        feeds=(*found.feeds, *_ledger_refs(told)),
        tools=tuple(tools),
        options={**_options(run), **(options or {})},
        notes=notes,
        document={"sources": sources, "passed_over": [list(pair) for pair in skipped]},
    )


def _judge(run: StageRun, found: Examined, told: Sequence[tuple[Voice, Sequence[Finding]]]) -> GateOutcome:
    """Decide: a gap that no waiver accepts makes what would pass not-examined."""
    pairs = [(voice.part.project, findings) for voice, findings in told]
    gate = finish_gate(run, pairs, scopes=frozenset({found.gate}), all_examined=True)
    open_gaps = any(one.code.endswith(GAP) and not one.waived_by for one in gate.findings)
    if open_gaps and gate.outcome is Outcome.PASS:
        return GateOutcome(gate.findings, Outcome.NOT_EXAMINED)
    return gate


def _counts(found: Examined, told: Sequence[tuple[Voice, Sequence[Finding]]], gate: GateOutcome) -> dict[str, int]:
    accepted = _accepted(found, gate.findings)
    return {
        "locks": sum(len(part.project.locks) for part in found.parts),
        "locked": len(found.wanted) - len(accepted),
        "examined": len(found.examined),
        "out_of_scope": found.out_of_scope,
        "unexamined_accepted": len(accepted),
        "projects": len(found.parts),
        "findings": len(gate.findings),
        "waived": sum(bool(one.waived_by) for one in gate.findings),
        "new": sum(voice.teller.new for voice, _ in told),
        "overdue": sum(voice.teller.overdue for voice, _ in told),
    }


def _accepted(found: Examined, findings: Iterable[Finding]) -> set[Key]:
    """Return the pins that were not looked at and that waivers accept so, in every project that has them."""
    gone: set[Key] = set()
    open_: set[Key] = set()
    for one in findings:
        if one.code == f"{found.gate}.{GAP}" and one.package:
            (gone if one.waived_by else open_).add((one.package, one.version))
    return gone - open_


def _ledger_refs(told: Sequence[tuple[Voice, Sequence[Finding]]]) -> list[FeedRef]:
    """Name the ledgers that were read: how many lines, and the digest of the last one, which chains them all."""
    return [
        FeedRef(name="ledger", version=f"{len(voice.ledger.lines)} lines", sha256=voice.ledger.head)
        for voice, _ in told
        if voice.ledger is not None
    ]


def _options(run: StageRun) -> dict[str, str]:
    return {
        "advisories": "given" if run.args.advisories else "default",
        "fleet": "no" if run.args.fleet is None else "yes",
        "ledger": "yes" if run.args.ledger else "no",
        "source": ",".join(sorted(run.args.source)) or "all",
    }
