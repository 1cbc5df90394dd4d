"""What every gate does last: apply the project's waivers, then fold what is left into an outcome."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ops.supply_chain.contracts.finding import Finding
from ops.supply_chain.core.errors import UsageError
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.runner.context import StageRun
from ops.supply_chain.waivers.apply import apply_waivers
from ops.supply_chain.waivers.judge import outcome_of
from ops.supply_chain.waivers.parse import parse_waivers


class Judgement(NamedTuple):
    """A gate's findings after waivers, those about waivers included, and the outcome that they give."""

    findings: tuple[Finding, ...]
    outcome: Outcome


def judge(run: StageRun, findings: Iterable[Finding], *, scopes: frozenset[str], all_examined: bool) -> Judgement:
    """Apply waivers and decide a gate.

    Args:
        run: The stage's run: its config holds the waivers, its clock reading says what day it is.
        findings: Everything that the gate found.
        scopes: The waiver scopes that this gate looks after (`vulnerability`, `malware`, `lock`, ...).
        all_examined: Whether everything was looked at.
    Raises:
        UsageError: `[waiver_rules].zone` is no time zone.
    """
    waivers, malformed = parse_waivers(run.config)
    mine = tuple(one for one in malformed if _scope_of(one) in scopes)
    rules = run.config.waiver_rules
    judged = apply_waivers([*findings, *mine], waivers, scopes=scopes, today=today(run), warn_days=rules.warn_days)
    return Judgement(judged, outcome_of(judged, fail_on=run.config.gate.fail_on, all_examined=all_examined))


def today(run: StageRun) -> date:
    """Return the day of the run in the zone in which waivers end.

    Raises:
        UsageError: `[waiver_rules].zone` is no time zone.
    """
    zone = run.config.waiver_rules.zone
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
