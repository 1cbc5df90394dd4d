"""The findings of both states of a project: advisories, malware, what its locks lack; each source is asked once for both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ops.supply_chain.contracts.files.record import FeedRef
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.core.errors import UnavailableError
from ops.supply_chain.core.text import printable
from ops.supply_chain.gather.change.states import CODE, ProjectState, ReviewStates
from ops.supply_chain.gather.gates.exploitation import exploitation_feeds, unchecked_exploitation
from ops.supply_chain.gather.gates.outcome import finish_gate
from ops.supply_chain.gather.risk.advisories.finish import ProjectGate, not_examined_findings, project_gates
from ops.supply_chain.gather.risk.advisories.lookup import LookupResult, look_up
from ops.supply_chain.gather.risk.advisories.matches import (
    MALWARE,
    MALWARE_SOURCES,
    VULNERABILITY,
    VULNERABILITY_SOURCES,
    malware_findings,
    malware_of,
    vulnerabilities_of,
    vulnerability_findings,
)
from ops.supply_chain.gather.risk.advisories.newer import newest_clear
from ops.supply_chain.risk.changes.compare import StateFindings
from ops.supply_chain.runner.context import StageRun

SCOPES = frozenset({"change", MALWARE, "severity", VULNERABILITY})
"""Scopes of waivers of which an unused one is reported: all of their findings are examined here."""


class Advisories(NamedTuple):
    """The findings of the base and of the change, and the sources that were used."""

    base: list[Finding]
    head: list[Finding]
    feeds: tuple[FeedRef, ...]
    notes: tuple[str, ...]


def examine_advisories(states: ReviewStates) -> Advisories:
    """Check the locked versions of both states against advisories; a source that does not answer is a finding."""
    found = Advisories([], [], (), ())
    for gate, examine in ((VULNERABILITY, _vulnerabilities), (MALWARE, _malware)):
        try:
            checked = examine(states)
        except UnavailableError as error:
            gap = _gap(f"{gate}.not-examined", error)
            found = found._replace(head=[*found.head, gap])
            continue
        found = Advisories(
            [*found.base, *checked.base],
            [*found.head, *checked.head],
            tuple(dict.fromkeys((*found.feeds, *checked.feeds))),
            tuple(dict.fromkeys((*found.notes, *checked.notes))),
        )
    return found._replace(base=_once(found.base), head=_once(found.head))


def _once(findings: Sequence[Finding]) -> list[Finding]:
    """Return findings without the vulnerabilities that are reported as malware: each gate alone reports the record."""
    malware = {
        (finding.package, finding.version, alias)
        for finding in findings
        if finding.code == f"{MALWARE}.known"
        for alias in finding.aliases
    }
    return [
        finding
        for finding in findings
        if not finding.code.startswith(f"{VULNERABILITY}.")
        or malware.isdisjoint((finding.package, finding.version, alias) for alias in finding.aliases)
    ]


def with_waivers(
    run: StageRun, state: ProjectState, findings: Sequence[Finding], *, scopes: frozenset[str] = SCOPES
) -> StateFindings:
    """Apply the waivers of the configuration that decides to the findings of one state.

    Raises:
        UsageError: `[waiver_rules].zone` is not a time zone.
    """
    listed = [*findings, *(finding for lock in state.project.locks for finding in lock.findings)]
    gate = finish_gate(run, [(state.project, listed)], scopes=scopes, all_examined=True)
    places: dict[tuple[str, str], set[str]] = {}
    for lock in state.project.locks:
        for entry in lock.entries:
            places.setdefault((entry.pin.name, entry.pin.version), set()).add(entry.path)
    return StateFindings(
        findings=gate.findings,
        unread=state.unread,
        objects=state.objects,
        places={key: frozenset(paths) for key, paths in places.items()},
    )


def not_examined(error: UnavailableError, what: str) -> Finding:
    """Return the finding for a part of the review that could not be made.

    Args:
        error: Why.
        what: The part, as the subject of a sentence in the plural.
    """
    return _gap(CODE, error, what=f"{what} were not examined: ")


def _vulnerabilities(states: ReviewStates) -> Advisories:
    run, projects = states.run, (states.base.project, states.head.project)
    with look_up(run, VULNERABILITY, VULNERABILITY_SOURCES, projects=projects) as found:
        matches = vulnerabilities_of(found)
        newest = newest_clear(run, found, matches)
    with exploitation_feeds(run) as exploitation:
        base, head = (
            [
                *vulnerability_findings(found, gate, matches, clear),
                *gate.builder.classified(),
                *_not_examined(found, gate),
            ]
            for gate, clear in zip(project_gates(run, found, exploitation), newest, strict=True)
        )
    head += unchecked_exploitation(exploitation, f"{VULNERABILITY}.not-examined")
    return Advisories(base, head, (*found.feeds, *exploitation.refs), (*found.notes, *exploitation.notes))


def _malware(states: ReviewStates) -> Advisories:
    run, projects = states.run, (states.base.project, states.head.project)
    with look_up(run, MALWARE, MALWARE_SOURCES, with_malicious=True, projects=projects) as found:
        malware = malware_of(found)
        gates = project_gates(run, found)
        base, head = ([*malware_findings(gate, malware), *_not_examined(found, gate)] for gate in gates)
    return Advisories(base, head, found.feeds, found.notes)


def _not_examined(found: LookupResult, gate: ProjectGate) -> list[Finding]:
    """Return what was not examined of one state; a feed as a whole is reported for the change."""
    own = list(not_examined_findings(found, gate.pins))
    whole = [finding for _, finding in found.not_examined if not finding.package]
    if gate.pins is found.projects[-1]:
        return [*own, *(finding for finding in whole if finding not in own)]
    return [finding for finding in own if finding not in whole]


def _gap(code: str, error: UnavailableError, *, what: str = "") -> Finding:
    return Finding(
        code=code,
        severity=Severity.INFO,
        message=f"{what}{printable(error.message)}",
        next_step=error.hint or "Run the review again where it answers.",
    )
