"""Check locked versions against security advisories: affected, severity, due date.

The first source that answers is used: OSV's snapshot, matched on this machine so that no package name is sent
anywhere; the OSV API; the index's per-release JSON. The record names the source with its digest and age, and why
earlier sources were not used. A snapshot whose newest record is more than seven days old ([feeds].max_snapshot_age_days)
and a configured one with far fewer records than OSV's feed count as not examined. An undecidable version counts as
affected; a version that was not examined never counts as passed.

Where [feeds] names KEV and EPSS, each vulnerability states whether it is known to be exploited and how likely that is, and these
come first; a KEV catalog that cannot be used is not examined. Without them the stage states that exploitation was not checked
(docs/exploitation.md).

VEX suppresses a vulnerability only if [[vex_authors]] lists its author: by the identity in the Sigstore bundle beside
the document, or by name and digest. Everything else leaves the finding open and is reported with its next step.

What is recorded of the contents of wheels (name.contents.json beside each lock) is checked as well: packages of PyPI inside
them like pins, those of other ecosystems against the feeds that are given for them; libraries that no ecosystem has are reported
as not examined.

With --sbom, SBOMs of others are examined in place of the locks: packages of PyPI like pins; those of other ecosystems by the order of
their versions, where --advisories ECOSYSTEM=PATH gives a feed; everything else, what has no package URL, and what of a document
is not valid, is reported as not examined (docs/sbom-input.md).

With --fleet and --scheduler the projects are examined on the workers of a Dask scheduler, with the same record as on one machine
(docs/guides/many-repositories.md).

Reads    locks and recorded contents of wheels, advisory feeds, KEV and EPSS; SBOMs given with --sbom; the ledger of first sightings; VEX documents given with --vex, and their bundles.
Writes   record; with --ledger data/artifacts/ledger/N.jsonl; nothing with --sbom.
Decides  known vulnerabilities, severity, response clock
Exits    0 no vulnerability is open; 2 usage; 3 a lock, an SBOM or the ledger is broken; 4 a vulnerability is open, or
         pip-audit disagrees; 5 no feed answered, or not every pin was examined, or a file that pins or declares
         packages was not read.
Network  feeds of other ecosystems only from addresses given with --advisories; without one for PyPI: OSV's snapshot; if it cannot be fetched the OSV API, then the index's JSON, which
         receive names and versions. The project pages, on the index of their lock, of packages with a vulnerability
         that only a last affected version ends, to name a later version. The addresses of [feeds].kev and [feeds].epss, if a
         vulnerability was found. None with --offline.
         With --scheduler the Dask scheduler, and the PostgreSQL server that SEALWRIGHT_REGISTRY_URL names.
Source   OSV schema 1.7.5, https://ossf.github.io/osv-schema/; PEP 440; https://docs.pypi.org/api/json/
"""

from __future__ import annotations

if __name__ == "__main__":
    from ops.supply_chain.runner.command_lines import answer_help

    answer_help("check_vulnerabilities")

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import msgspec
from msgspec.structs import replace

from ops.supply_chain.adapters.osv.sources import SourceResult
from ops.supply_chain.contracts.files.fleet import Tallies
from ops.supply_chain.contracts.files.record import ToolRef
from ops.supply_chain.contracts.values.advisory import Status
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.core.collector import without_collection
from ops.supply_chain.core.errors import UnavailableError
from ops.supply_chain.core.text import printable
from ops.supply_chain.gather.gates.exploitation import exploitation_feeds, unchecked_exploitation
from ops.supply_chain.gather.risk.advisories.finish import (
    NOT_EXAMINED,
    GateFindings,
    ProjectGate,
    finish_advisory_gate,
    not_examined_findings,
    project_gates,
    thing,
)
from ops.supply_chain.gather.risk.advisories.gate_options import add_options, examines_sboms
from ops.supply_chain.gather.risk.advisories.inside import inside_findings, other_findings
from ops.supply_chain.gather.risk.advisories.lookup import LookupResult, look_up
from ops.supply_chain.gather.risk.advisories.matches import (
    VULNERABILITY,
    VULNERABILITY_SOURCES,
    Matches,
    vulnerabilities_of,
    vulnerability_findings,
)
from ops.supply_chain.gather.risk.advisories.newer import newest_clear
from ops.supply_chain.gather.risk.vex_options import add_vex_options
from ops.supply_chain.risk.advisories import pip_audit_comparison
from ops.supply_chain.risk.advisories.pins import PinKey
from ops.supply_chain.runner.context import StageResult, StageRun
from ops.supply_chain.runner.stage import leave, run_stage

if TYPE_CHECKING:
    from ops.supply_chain.adapters.tools.pip_audit import AuditResult
    from ops.supply_chain.gather.risk.vex import VexFile

SAME_RECORDS = (
    "pip-audit used the same records: it confirms how versions were matched, not that the source of advisories is whole"
)


_OPEN = tuple(status for status in Status if status is not Status.SETTLED)


class _AuditRun(NamedTuple):
    """The result of --second-opinion; `failed` is why there is none, empty if there is one or none was requested."""

    comparison: pip_audit_comparison.AuditComparison = pip_audit_comparison.AuditComparison((), 0)
    skipped: Mapping[PinKey, str] = {}
    failed: str = ""
    remedy: str = ""
    tools: tuple[ToolRef, ...] = ()

    @property
    def same_records(self) -> bool:
        """True if pip-audit ran: it always gets the records that the matcher used."""
        return bool(self.tools)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add this stage's own options."""
    add_options(parser, VULNERABILITY_SOURCES)
    add_vex_options(parser)
    parser.add_argument(
        "--second-opinion",
        action="store_true",
        help="also run pip-audit on the same advisories and report disagreements",
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run the stage; of given SBOMs it leaves no record, which would count as one of the project."""
    words = list(sys.argv[1:] if argv is None else argv)
    records = False if examines_sboms(words) else None
    return run_stage("check_vulnerabilities", __doc__, arguments, _perform, words, records=records)


@without_collection()
def _perform(run: StageRun) -> StageResult:
    if run.config.vex_authors:
        from ops.supply_chain.trust.identities.vex_authors import checked_authors

        checked_authors(run.config.vex_authors)
    if run.args.scheduler:
        from ops.supply_chain.gather.risk.advisories.fleet import examine_fleet

        return examine_fleet(run, VULNERABILITY)
    return _examine(run)


def _examine(run: StageRun) -> StageResult:
    vex = _vex_files(run)
    with look_up(run, VULNERABILITY, VULNERABILITY_SOURCES) as found:
        matches = vulnerabilities_of(found)
        audit = _run_pip_audit(found, matches) if run.args.second_opinion else _AuditRun()
        newest = newest_clear(run, found, matches)
    with exploitation_feeds(run) as exploitation:
        gates = zip(project_gates(run, found, exploitation), newest, strict=True)
        findings = [(gate, _findings(found, gate, gate.pins.pinned(matches), clear, audit)) for gate, clear in gates]
    unchecked = tuple(unchecked_exploitation(exploitation, f"{found.gate}.{NOT_EXAMINED}"))
    if run.carries_common:
        findings[0][1].extend(unchecked)
    found = msgspec.structs.replace(found, common=(*found.common, *unchecked))
    if audit.same_records:
        found = msgspec.structs.replace(found, notes=(*found.notes, SAME_RECORDS))
    options = {"second_opinion": "yes" if run.args.second_opinion else "no", "vex": str(len(run.args.vex))}
    result = finish_advisory_gate(
        run,
        found,
        _with_vex(run, findings, vex) if vex else findings,
        counts=_counts(found, matches, audit),
        tools=audit.tools,
        options=options,
        exploitation=exploitation,
    )
    reads = (*result.reads, *(ref for file in vex for ref in file.refs))
    return replace(result, reads=reads, tallies={**result.tallies, **_tallies(matches)} if run.part else {})


def _findings(
    found: LookupResult, gate: ProjectGate, matches: Matches, newest: Mapping[PinKey, str], audit: _AuditRun
) -> list[Finding]:
    findings = [*vulnerability_findings(found, gate, matches, newest), *_disagreements(found, gate, audit)]
    findings += [*inside_findings(found, gate), *other_findings(found, gate)]
    findings += gate.builder.classified()
    return [*findings, *not_examined_findings(found, gate.pins)]


def _vex_files(run: StageRun) -> tuple[VexFile, ...]:
    if not run.args.vex:
        return ()
    from ops.supply_chain.gather.risk.vex import load_vex_files

    return load_vex_files(run.args.vex, run.args.vex_bom, root=run.root, config=run.config)


def _with_vex(run: StageRun, findings: GateFindings, files: Sequence[VexFile]) -> GateFindings:
    """Apply VEX to each project's findings, before the outcome is decided: documents by the authors that it trusts.

    In a fleet, statements that match no finding are not reported: they may be meant for another project. Statements
    about a product apply only if the run is about a single project and its locks, because only then the product is known.
    """
    from ops.supply_chain.gather.risk.vex import own_products, with_authors
    from ops.supply_chain.risk.vex.apply import UNMATCHED, apply_vex

    products = own_products(run.project) if run.args.fleet is None and not run.args.sbom else ()
    applied = [
        (gate, apply_vex(listed, with_authors(files, gate.pins.project.config), now=run.now, products=products))
        for gate, listed in findings
    ]
    if run.args.fleet is None:
        return applied
    return [(gate, [finding for finding in listed if finding.code != UNMATCHED]) for gate, listed in applied]


def _run_pip_audit(found: LookupResult, matches: Matches) -> _AuditRun:
    from ops.supply_chain.adapters.tools import pip_audit

    if found.selected is None or not found.examined:
        return _AuditRun()
    try:
        tools = (ToolRef(name="pip-audit", version=pip_audit.pip_audit_version()),)
        result = _audit(found.selected.answer, found.examined)
    except UnavailableError as error:
        return _AuditRun(failed=error.message, remedy=error.hint)
    comparison = pip_audit_comparison.compare(matches, result.found, found.advisories)
    return _AuditRun(comparison, result.skipped, tools=tools)


def _audit(answer: SourceResult, pins: Sequence[PinKey]) -> AuditResult:
    """Run pip-audit on the records that were used: served over loopback, or by the service they came from."""
    from ops.supply_chain.adapters.osv import loopback as osv_loopback
    from ops.supply_chain.adapters.tools import pip_audit

    if answer.documents is not None:
        with osv_loopback.serve(answer.documents()) as url:
            return pip_audit.ask(pins, url=url)
    if answer.query_url:
        return pip_audit.ask(pins, url=answer.query_url)
    raise UnavailableError(
        "pip-audit cannot query the source that was used", hint="Use a snapshot with --advisories, or the OSV API."
    )


def _disagreements(found: LookupResult, gate: ProjectGate, audit: _AuditRun) -> Iterator[Finding]:
    if audit.failed and gate.pins is found.projects[0]:
        yield Finding(
            code=pip_audit_comparison.NOT_EXAMINED,
            severity=Severity.INFO,
            message=f"pip-audit did not run: {printable(audit.failed)}",
            next_step=audit.remedy,
        )
    keys = {*audit.skipped, *(disagreement.pin for disagreement in audit.comparison.disagreements)}
    locations = gate.pins.locate(keys, findings=len(keys))
    yield from pip_audit_comparison.findings(audit.comparison, audit.skipped, locations)


def _counts(found: LookupResult, matches: Matches, audit: _AuditRun) -> dict[str, int]:
    others = [hit.found for hit in found.others.hits(found.sboms)] if found.others and found.sboms else []
    statuses = Counter(hit.status for hit in [*(hit for hits in matches.values() for hit in hits), *others])
    open_pins = [hits for hits in matches.values() if any(hit.status is not Status.SETTLED for hit in hits)]
    open_others = {(hit.package, hit.version) for hit in others if hit.status is not Status.SETTLED}
    return {
        "vulnerable": len(open_pins) + len(open_others),
        "known": statuses[Status.AFFECTED],
        "undecided": statuses[Status.UNDECIDED],
        "settled": statuses[Status.SETTLED],
        "disagreements": len(audit.comparison.disagreements),
        "explained_differences": audit.comparison.explained,
    }


def _tallies(matches: Matches) -> Tallies:
    """Return what is counted once for each pin, for a part of a fleet."""
    statuses = {thing(pin): Counter(hit.status for hit in hits) for pin, hits in matches.items()}
    return {
        "vulnerable": {pin: 1 for pin, found in statuses.items() if any(found[status] for status in _OPEN)},
        "known": {pin: found[Status.AFFECTED] for pin, found in statuses.items()},
        "undecided": {pin: found[Status.UNDECIDED] for pin, found in statuses.items()},
        "settled": {pin: found[Status.SETTLED] for pin, found in statuses.items()},
    }


if __name__ == "__main__":
    leave(main())
