"""What every gate does last: apply the project's waivers, then fold what is left into an outcome."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ops.supply_chain.contracts.config.file import Config
from ops.supply_chain.contracts.values.finding import Finding
from ops.supply_chain.core.errors import UsageError
from ops.supply_chain.core.outcome import Outcome, worst
from ops.supply_chain.gather.gates.projects import GateProject
from ops.supply_chain.risk.gates.outcome import outcome_of
from ops.supply_chain.risk.waivers.apply import apply_waivers
from ops.supply_chain.risk.waivers.parse import parse_waivers
from ops.supply_chain.runner.context import StageRun


class Judgement(NamedTuple):
    """A gate's findings after waivers, those about waivers included, and the outcome that they give."""

    findings: tuple[Finding, ...]
    outcome: Outcome


def judge(
    run: StageRun,
    found: Sequence[tuple[GateProject, Sequence[Finding]]],
    *,
    scopes: frozenset[str],
    all_examined: bool,
) -> Judgement:
    """Apply each project's waivers to its findings and decide a gate.

    Args:
        run: The stage's run: its clock reading says what day it is.
        found: Everything that the gate found, project by project, with paths relative to the project.
        scopes: The waiver scopes that this gate looks after (`vulnerability`, `malware`, `lock`, ...).
        all_examined: Whether everything was looked at.
    Raises:
        UsageError: `[waiver_rules].zone` is no time zone.
    """
    judged: list[Finding] = []
    outcomes: list[Outcome] = []
    for project, findings in found:
        waived = _waive(run, project.config, findings, scopes)
        outcomes.append(outcome_of(waived, fail_on=project.config.gate.fail_on, all_examined=all_examined))
        judged += project.relocated(waived)
    return Judgement(tuple(sorted(judged, key=lambda one: one.sort_key)), worst(outcomes))


def _waive(run: StageRun, config: Config, findings: Sequence[Finding], scopes: frozenset[str]) -> tuple[Finding, ...]:
    waivers, malformed = parse_waivers(config)
    mine = [one for one in malformed if _scope_of(one) in scopes]
    day, warn_days = today(run, config), config.waiver_rules.warn_days
    return apply_waivers([*findings, *mine], waivers, scopes=scopes, today=day, warn_days=warn_days)


def today(run: StageRun, config: Config) -> date:
    """Return the day of the run in the zone in which waivers end.

    Raises:
        UsageError: `[waiver_rules].zone` is no time zone.
    """
    zone = config.waiver_rules.zone
    try:
        return run.now.astimezone(ZoneInfo(zone)).date()
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UsageError(
            f"[waiver_rules].zone {zone!r} is no time zone", hint="Use an IANA name, like Europe/Stockholm."
        ) from error


def _scope_of(finding: Finding) -> str:
    """Malformed waivers are told by the gate that their id belongs to; one without an id by the vulnerability gate."""
    name = finding.aliases[0] if finding.aliases else ""
    if "." in name:
        return name.split(".", 1)[0]
    return "malware" if name.upper().startswith("MAL-") else "vulnerability"
