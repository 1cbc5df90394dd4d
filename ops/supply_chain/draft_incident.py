"""Draft the reports of CRA Article 14 and an advisory for a vulnerability or a severe incident.

A run adds a revision: incident.json, early-warning.md, notification.md, final-report.md, advisory.osv.json,
advisory.csaf.json and github-advisory.md. Earlier revisions stay as they are, and what was stated in one counts until it is
stated again. What is unknown is written as unknown. Of the last daily_scan, releases that contain the vulnerability are affected; a
severe incident takes up that releases are served with changes or do not verify any more. Nothing is sent: a person checks the drafts and submits them.

Reads    retained releases, dist/records/, dist/scan/records/, .security-config.toml, earlier revisions of the incident
Writes   data/artifacts/incidents/N/ID/REVISION/, complete or not at all; nothing where nothing has changed
Decides  nothing
Exits    0 drafted, or nothing new; 2 usage, a vulnerability that no record has a finding about (unless --affected names
         releases), or a time in the future; 3 an earlier revision was changed, or a record is malformed; 5 another run
         does not let go of the incidents; 6 cannot write.
Network  none.
Source   Regulation (EU) 2024/2847, Articles 14 and 24(3), https://eur-lex.europa.eu/eli/reg/2024/2847/oj;
         https://ossf.github.io/osv-schema/; https://docs.oasis-open.org/csaf/csaf/v2.0/csaf-v2.0.html
"""

from __future__ import annotations

if __name__ == "__main__":
    from ops.supply_chain.runner.command_lines import answer_help

    answer_help("draft_incident")

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ops.supply_chain.core.commands import command
from ops.supply_chain.core.errors import ErrorClass, UsageError
from ops.supply_chain.core.moments import parse_timestamp, timestamp
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.runner.context import StageResult, StageRun
from ops.supply_chain.runner.stage import leave, run_stage

if TYPE_CHECKING:
    from datetime import datetime

    from ops.supply_chain.contracts.files.incident import Incident, IncidentFacts, IncidentReport

KINDS = ("vulnerability", "incident")
ANSWERS = ("yes", "no", "unknown")
REPORTS = ("early-warning", "notification", "final-report")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what names the incident, and what the maintainers know of it."""
    parser.add_argument(
        "--id", required=True, metavar="ID", help="identifier of the advisory, or of your own: INC-2026-1"
    )
    parser.add_argument("--package", default="", metavar="NAME", help="only findings of this package")
    parser.add_argument("--aware", default="", metavar="TIME", help="since when you are aware of it: 2026-11-28T10:00Z")
    parser.add_argument(
        "--kind", choices=KINDS, default=None, help="vulnerability (default), or severe incident of your own"
    )
    parser.add_argument("--exploited", choices=ANSWERS, default=None, help="whether it is actively exploited")
    parser.add_argument(
        "--fix-available", default="", metavar="TIME", help="since when a corrective or mitigating measure is available"
    )
    parser.add_argument(
        "--submitted",
        action="append",
        default=[],
        metavar="REPORT=TIME",
        help=f"submitted report: {', '.join(REPORTS)}",
    )
    parser.add_argument(
        "--affected", action="append", default=[], metavar="VERSION", help="release that you know is affected"
    )
    parser.add_argument("--fixed", action="append", default=[], metavar="VERSION", help="release that fixes it")
    parser.add_argument("--credit", action="append", default=[], metavar="NAME", help="reporter to be credited")
    parser.add_argument("--summary", default="", metavar="TEXT", help="what it is, in your words")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the stage, which leaves a revision of the incident instead of a record.

    Returns:
        The exit code.
    """
    return run_stage("draft_incident", __doc__, arguments, _perform, argv)


def _perform(run: StageRun) -> StageResult:
    from ops.supply_chain.adapters.files.incidents import IncidentStore
    from ops.supply_chain.assurance.incidents.advisories import AdvisoryTool
    from ops.supply_chain.assurance.incidents.drafts import drafts_of, is_same, with_files
    from ops.supply_chain.formats.advisory_ids import advisory_page
    from ops.supply_chain.inventory.model.document import GENERATOR, GENERATOR_VERSION

    if not advisory_page(run.args.id):
        raise _wrong(
            f"--id {run.args.id!r}: is no identifier, which is letters, digits and hyphens: CVE-2026-1, INC-2026-1"
        )
    store = IncidentStore(run.artifacts, run.project.name)
    with store.locked():
        earlier = store.find(run.args.id)
        incident = _incident(run, earlier)
        if earlier and is_same(earlier[-1], incident):
            return _result(run, earlier[-1], f"nothing new since revision {earlier[-1].revision}", drafted=0)
        tool = AdvisoryTool(GENERATOR, GENERATOR_VERSION)
        drafts = drafts_of(incident, tool, history=tuple(revision.drafted for revision in earlier))
        incident = with_files(incident, drafts)
        folder = store.add(incident, drafts)
    return _result(run, incident, f"drafted: {folder}", drafted=len(drafts))


def _incident(run: StageRun, earlier: tuple[Incident, ...]) -> Incident:
    from ops.supply_chain.assurance.incidents.drafts import NamedIncident, incident_of
    from ops.supply_chain.gather.assurance.incident import read_evidence, read_publisher

    facts = _facts(run, earlier[-1].facts if earlier else None)
    name = earlier[-1].id if earlier else run.args.id
    evidence = read_evidence(run, name, facts)
    if facts.kind == KINDS[0] and not (evidence.findings or facts.affected):
        raise UsageError(
            f"--id {name}: no retained release and no record of the last run has a finding with this name",
            hint=f"Run {command('daily_scan')} first, or name the affected releases with --affected VERSION.",
            kind=ErrorClass.COMMAND_LINE,
        )
    named = NamedIncident(run.project.name, name, evidence.aliases)
    return incident_of(
        named,
        facts,
        findings=evidence.findings,
        releases=evidence.releases,
        role=run.config.compliance.cra_role,
        publisher=read_publisher(run),
        earlier=earlier,
        drafted=timestamp(run.now),
    )


def _facts(run: StageRun, before: IncidentFacts | None) -> IncidentFacts:
    from ops.supply_chain.contracts.files.incident import IncidentFacts, IncidentKind, Knowledge

    args = run.args
    if before is None and not args.aware:
        raise _wrong("--aware TIME: is needed, because the clock begins when you became aware")
    kind = args.kind or (before.kind.value if before else KINDS[0])
    exploited = args.exploited or (before.exploited.value if before else Knowledge.UNKNOWN.value)
    aware = _aware(run, before)
    fixed_at = _moment(run, "--fix-available", args.fix_available) if args.fix_available else None
    return IncidentFacts(
        kind=IncidentKind(kind),
        aware=aware,
        package=args.package or (before.package if before else ""),
        exploited=Knowledge(exploited),
        fix_available=fixed_at or (before.fix_available if before else None),
        submitted={**(before.submitted if before else {}), **_submitted(run, aware)},
        credits=tuple(dict.fromkeys([*(before.credits if before else ()), *args.credit])),
        **_versions(args, before),
        summary=args.summary or (before.summary if before else ""),
    )


def _versions(args: argparse.Namespace, before: IncidentFacts | None) -> dict[str, tuple[str, ...]]:
    """Return the affected and the fixed versions: what is stated now moves a version from the one list to the other."""
    both = sorted(set(args.affected) & set(args.fixed))
    if both:
        raise _wrong(f"{both[0]}: is named as affected and as fixed")
    affected = {*(before.affected if before else ()), *args.affected} - set(args.fixed)
    fixed = {*(before.fixed if before else ()), *args.fixed} - set(args.affected)
    return {"affected": tuple(sorted(affected)), "fixed": tuple(sorted(fixed))}


def _aware(run: StageRun, before: IncidentFacts | None) -> str:
    if not run.args.aware and before:
        return before.aware
    aware = _moment(run, "--aware", run.args.aware)
    if before and aware > before.aware:
        raise _wrong(
            f"--aware {aware}: is later than {before.aware}, which was stated before; it can only become earlier"
        )
    return aware


def _submitted(run: StageRun, aware: str) -> dict[IncidentReport, str]:
    from ops.supply_chain.contracts.files.incident import IncidentReport

    found: dict[IncidentReport, str] = {}
    for text in run.args.submitted:
        report, _, moment = text.partition("=")
        if report not in REPORTS:
            raise _wrong(f"--submitted {text!r}: expected REPORT=TIME with one of {', '.join(REPORTS)}")
        found[IncidentReport(report)] = _moment(run, f"--submitted {report}", moment)
        if found[IncidentReport(report)] < aware:
            raise _wrong(f"--submitted {text}: is before {aware}, when you became aware")
    return found


def _moment(run: StageRun, option: str, text: str) -> str:
    """Return a stated time as RFC 3339 in UTC."""
    from ops.supply_chain.core.errors import InputError

    try:
        moment: datetime = parse_timestamp(text, where=option)
    except (InputError, OverflowError) as error:
        raise _wrong(f"{option} {text!r}: expected a time with its zone, as 2026-11-28T10:00Z") from error
    if moment > run.now:
        raise _wrong(f"{option} {text}: is in the future")
    return timestamp(moment)


def _wrong(message: str) -> UsageError:
    return UsageError(message, hint=f"See {command('incident', '--help')}.", kind=ErrorClass.COMMAND_LINE)


def _result(run: StageRun, incident: Incident, what: str, *, drafted: int) -> StageResult:
    from ops.supply_chain.assurance.incidents.drafts import counts_of, incident_text

    return StageResult(
        outcome=Outcome.PASS,
        text="\n".join([*incident_text(incident, now=run.now), what, "Nothing was sent."]),
        counts={**counts_of(incident), "drafts": drafted},
        document=incident,
    )


if __name__ == "__main__":
    leave(main())
