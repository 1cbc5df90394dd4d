"""The last step of every gate: apply each project's waivers, then decide the outcome."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import NamedTuple

from ops.supply_chain.contracts.config.file import Config
from ops.supply_chain.contracts.values.finding import Finding
from ops.supply_chain.core.outcome import Outcome, worst
from ops.supply_chain.gather.gates.projects import GateProject
from ops.supply_chain.risk.gates.outcome import decide_outcome
from ops.supply_chain.risk.waivers.apply import apply_waivers
from ops.supply_chain.risk.waivers.day import waiver_day
from ops.supply_chain.risk.waivers.model import Waiver
from ops.supply_chain.risk.waivers.parse import parse_waivers
from ops.supply_chain.runner.context import StageRun


class GateOutcome(NamedTuple):
    """The outcome of a gate, and its findings after waivers (findings about waivers included).

    `broken` is True if a lock could not be read; the outcome is that of everything else, and never a pass.
    """

    findings: tuple[Finding, ...]
    outcome: Outcome
    broken: bool = False


def finish_gate(
    run: StageRun,
    found: Sequence[tuple[GateProject, Sequence[Finding]]],
    *,
    scopes: frozenset[str],
    all_examined: bool,
    elsewhere: Callable[[GateProject, Waiver], bool] | None = None,
) -> GateOutcome:
    """Apply each project's waivers to its findings and decide the outcome of a gate.

    A broken lock, and a file that was recognised and not read, is a finding that no waiver covers, and the gate does not
    pass.

    Args:
        run: The stage's run; its clock reading gives the day.
        found: The findings of each project, with paths relative to the project.
        scopes: The waiver scopes of this gate (`vulnerability`, `malware`, `lock`, ...).
        all_examined: True if nothing that had to be examined was left out.
        elsewhere: Whether a waiver that covers nothing here may cover what another gate finds, which then reports it if not.
    Raises:
        UsageError: `[waiver_rules].zone` is not a time zone.
    """
    remaining: list[Finding] = []
    outcomes: list[Outcome] = []
    for project, findings in found:
        waived = _waive(run, project, findings, scopes, elsewhere)
        examined = all_examined and not project.broken and not project.unread
        outcomes.append(decide_outcome(waived, fail_on=project.config.gate.fail_on, all_examined=examined))
        # No waiver covers a file that is not read: what is in it is unknown.
        remaining += project.relocated([*waived, *project.broken, *project.unread])
    return GateOutcome(
        tuple(sorted(remaining, key=lambda finding: finding.sort_key)),
        worst(outcomes),
        any(project.broken for project, _ in found),
    )


def _waive(
    run: StageRun,
    project: GateProject,
    findings: Sequence[Finding],
    scopes: frozenset[str],
    elsewhere: Callable[[GateProject, Waiver], bool] | None,
) -> tuple[Finding, ...]:
    config = project.config
    waivers, malformed = parse_waivers(config)
    own = [finding for finding in malformed if _scope_of(finding) in scopes]
    day, warn_days = today(run, config), config.waiver_rules.warn_days
    return apply_waivers(
        [*findings, *own],
        waivers,
        scopes=scopes,
        today=day,
        warn_days=warn_days,
        elsewhere=lambda waiver: elsewhere is not None and elsewhere(project, waiver),
    )


def today(run: StageRun, config: Config) -> date:
    """Return the date of the run in the time zone in which waivers expire.

    Raises:
        UsageError: `[waiver_rules].zone` is not a time zone.
    """
    return waiver_day(run.now, config)


def _scope_of(finding: Finding) -> str:
    """Return the gate that reports a malformed waiver: the one its id belongs to, without an id the vulnerability gate."""
    name = finding.aliases[0] if finding.aliases else ""
    if "." in name:
        return name.split(".", 1)[0]
    return "malware" if name.upper().startswith("MAL-") else "vulnerability"
