"""Read the input of the report: the output of one run in `dist/`, and the previous retained release.

Malformed files of this run stop the report. The previous release and the claims, where they cannot be used, are shown
as not examined.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
from msgspec import UnsetType

from ops.supply_chain import PIPELINE
from ops.supply_chain.adapters.files.artifact_store import ArtifactStore
from ops.supply_chain.adapters.files.folders import files_in, measure
from ops.supply_chain.assurance.report.inputs import (
    AcceptedWaiver,
    PackageChange,
    ReportBaseline,
    ReportInput,
    SinceInput,
)
from ops.supply_chain.contracts.base import FileRef
from ops.supply_chain.contracts.files.claims import ClaimsReport
from ops.supply_chain.contracts.files.findings_report import FindingsReport
from ops.supply_chain.contracts.files.manifest import HeldRelease
from ops.supply_chain.contracts.files.provenance import Statement
from ops.supply_chain.contracts.files.record import Record
from ops.supply_chain.contracts.files.verdict import GateFile, Verdict
from ops.supply_chain.contracts.values.cause import Mark, RootCause
from ops.supply_chain.contracts.values.finding import FindingRow
from ops.supply_chain.core import canonical
from ops.supply_chain.core.commands import command
from ops.supply_chain.core.errors import InputError, StageError
from ops.supply_chain.core.moments import parse_timestamp
from ops.supply_chain.core.text import printable, without_credentials
from ops.supply_chain.gather.gates.outcome import today
from ops.supply_chain.gather.gates.records import read_records, record_paths
from ops.supply_chain.gather.gates.run_log import causes_of_run
from ops.supply_chain.gather.gates.since import expected_gates, since_earlier
from ops.supply_chain.release.retention.rules import newest
from ops.supply_chain.risk.advisories.response import ResponseClock
from ops.supply_chain.risk.findings.render.rows import anywhere, row_states, rows, since_sentence, state_word
from ops.supply_chain.risk.findings.render.screen import mark_of
from ops.supply_chain.risk.findings.report import build_report
from ops.supply_chain.risk.waivers.parse import parse_waivers
from ops.supply_chain.runner.context import StageRun
from ops.supply_chain.runner.pipeline import POLICY_STAGE
from ops.supply_chain.runner.rehearsal_mode import is_rehearsal

VERDICT, PROVENANCE_VERDICT, GATE = "verdict/verdict.json", "verdict/provenance-verdict.json", "verdict/gate.json"
VERIFICATION = "verification/verification.json"
PROVENANCE = "provenance/provenance.json"
RELEASE_FOLDER = "release"
ASSEMBLY_STAGE = "assemble_release"
CLOCK_STAGE = "check_vulnerabilities"
"""The gate whose findings have due dates."""

NO_CLAIMS = f"Claims were not evaluated in this run; {command('report')} evaluates them."


def read_evidence(run: StageRun, *, claims: ClaimsReport | None = None, claims_problem: str = NO_CLAIMS) -> ReportInput:
    """Read one run.

    Args:
        run: The stage's run; the version is that of the records, if any, else the project's.
        claims: The evaluated claims; None where they were not evaluated.
        claims_problem: The reason, as a sentence.
    Raises:
        InputError: A file of this run is malformed, or of another component or version.
    """
    records = read_records(run)
    version = records[0].version if records else run.project.version
    verdicts = [_verdict(run, name, version) for name in (VERDICT, PROVENANCE_VERDICT)]
    findings = _findings(run, records, version)
    shown, clock = rows(findings.findings), _clock(run, records)
    dues = sorted({finding.due for finding in findings.findings})
    bom = _plain(run.dist / "sbom" / f"{run.project.name}-sbom.json")
    previous, problem = _previous(run, version, bom)
    waivers, malformed = parse_waivers(run.config)
    # An earlier release stays in dist/ where this run assembled none: it is not what this run is about.
    assembled = not records or any(record.stage == ASSEMBLY_STAGE for record in records)
    return ReportInput(
        component=run.project.name,
        version=version,
        today=ResponseClock(run.config.response, now=run.now).today,
        clock_day=clock.today,
        due_texts={due: clock.left(day) for due in dues if (day := _day(due))},
        since=_since(findings, shown),
        waiver_day=today(run, run.config),
        warn_days=run.config.waiver_rules.warn_days,
        rehearsal=_is_rehearsal(run),
        records=records,
        findings=findings,
        finding_rows=shown,
        causes=_causes(run, records, [verdict for verdict in verdicts if verdict is not None]),
        verdict=verdicts[0],
        provenance_verdict=verdicts[1],
        stale=tuple(sorted({path for verdict in verdicts if verdict is not None for path in _stale(run, verdict)})),
        verification=_plain(run.dist / VERIFICATION) if assembled else None,
        released=_released(run) if assembled else {},
        bom=bom,
        previous=previous,
        previous_problem=problem,
        waivers=tuple(
            AcceptedWaiver(
                id=waiver.id,
                package=waiver.package,
                reason=waiver.reason,
                owner=waiver.owner,
                expires=waiver.expires,
                label=printable(without_credentials(waiver.label)),
            )
            for waiver in waivers
        ),
        waivers_malformed=len(malformed),
        claims=claims,
        claims_problem="" if claims is not None else claims_problem,
        inputs=tuple(sorted(_inputs(run), key=lambda ref: ref.path)),
    )


def _findings(run: StageRun, records: tuple[Record, ...], version: str) -> FindingsReport:
    found = [record for record in records if not record.stage.startswith(POLICY_STAGE)]
    report = build_report(
        found,
        component=run.project.name,
        version=version,
        gates={row.script for row in PIPELINE if row.gate},
        expected=expected_gates(run.dist),
    )
    return msgspec.structs.replace(report, since=since_earlier(run.dist, report, found))


def _clock(run: StageRun, records: Sequence[Record]) -> ResponseClock:
    """Return the response clock of the scan, so that days are counted once: as in the messages of its findings."""
    started = next((record.started for record in records if record.stage == CLOCK_STAGE), "")
    now = parse_timestamp(started, where=CLOCK_STAGE) if started else run.now
    return ResponseClock(run.config.response, now=now)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _since(report: FindingsReport, shown: Sequence[FindingRow]) -> SinceInput | None:
    if isinstance(report.since, UnsetType):
        return None
    states, sentence = row_states(report), since_sentence(report)
    return SinceInput(
        sentence=f"{sentence[:1].upper()}{sentence[1:]}.",
        words=tuple(state_word(states.get(anywhere(row.finding))) for row in shown),
        gone=rows(report.since.absent),
        not_compared=report.since.not_compared,
    )


def _causes(
    run: StageRun, records: tuple[Record, ...], verdicts: Sequence[Verdict]
) -> tuple[tuple[Mark, RootCause], ...]:
    fail_on = None if verdicts else run.config.gate.fail_on
    return tuple((mark_of(cause, fail_on=fail_on), cause) for cause in causes_of_run(run.dist, records, verdicts))


def _verdict(run: StageRun, name: str, version: str) -> Verdict | None:
    path = run.dist / name
    if not path.is_file():
        return None
    verdict = canonical.read(path, Verdict)
    if (verdict.component, verdict.version) != (run.project.name, version):
        raise InputError(
            f"dist/{name}: is of {verdict.component} {verdict.version}, expected {run.project.name} {version}",
            hint="It is left from another run: run the whole session again.",
        )
    return verdict


def _stale(run: StageRun, verdict: Verdict) -> Iterator[str]:
    """Yield each input of a verdict that is missing or has changed."""
    for ref in verdict.inputs:
        label, _, relative = ref.path.partition(":")
        path = run.dist / relative
        if label == "dist" and not (path.is_file() and measure(path).sha256 == ref.sha256):
            yield f"dist/{relative}"


def _is_rehearsal(run: StageRun) -> bool:
    """Return whether the run, the gate file or the provenance is a rehearsal's."""
    gate, provenance = run.dist / GATE, run.dist / PROVENANCE
    if is_rehearsal() or (gate.is_file() and canonical.read(gate, GateFile).rehearsal):
        return True
    if not provenance.is_file():
        return False
    statement = canonical.read(provenance, Statement)
    return bool(statement.predicate.build_definition.external_parameters.rehearsal)


def _plain(path: Path) -> dict[str, Any] | None:
    if not path.is_file():
        return None
    plain = canonical.load_plain(canonical.read_bytes(path), where=path.name)
    if not isinstance(plain, dict):
        raise InputError(f"{path.name}: expected an object", hint="Run the whole session again.")
    return plain


def _released(run: StageRun) -> dict[str, str]:
    folder = run.dist / RELEASE_FOLDER
    return {name: measure(folder / name).sha256 for name in files_in(folder)}


def _previous(run: StageRun, version: str, bom: dict[str, Any] | None) -> tuple[ReportBaseline | None, str]:
    """Return the release before this one with what changed since, or None and why there is none."""
    store, component = ArtifactStore(run.artifacts), run.project.name
    held = [store.release(component, retained, digests=False) for retained in store.versions(component)]
    before = _before(held, version)
    if before is None or before.manifest is None:
        return None, "No earlier release is retained here: there is nothing to compare with."
    if bom is None:
        return None, f"This run has no SBOM that could be compared with that of {before.version}."
    try:
        return _compared(store, before, before.manifest.retained_at, bom), ""
    except StageError as error:
        return None, f"{before.version} is retained and cannot be compared: {error.message.rpartition('/')[2]}"


def _before(held: list[HeldRelease], version: str) -> HeldRelease | None:
    """Return the newest release but this one; where this one is retained already, the one that it names."""
    own = next((release.manifest for release in held if release.version == version), None)
    if own is not None:
        named = own.previous.version if own.previous else ""
        return next((release for release in held if release.version == named), None)
    return newest([release for release in held if release.version != version])


def _compared(store: ArtifactStore, before: HeldRelease, retained_at: str, bom: dict[str, Any]) -> ReportBaseline:
    from ops.supply_chain.inventory.comparison.compare import compare, read_inventory

    if before.problems:
        raise InputError(f"it is not as its manifest says: {before.problems[0]}")
    name = f"{before.component}-{before.version}-sbom.cdx.json"
    path = store.file(before.component, before.version, name)
    expected = next((file.sha256 for file in before.manifest.files if file.name == name), "") if before.manifest else ""
    if not expected or measure(path).sha256 != expected:
        raise InputError(f"{name} is not the file that its manifest names")
    older = read_inventory(canonical.load_plain(canonical.read_bytes(path), where=name), where=name)
    found = compare(older, read_inventory(bom, where="the SBOM of this run"))
    return ReportBaseline(
        version=before.version,
        retained_at=retained_at,
        differences=tuple(
            PackageChange(
                kind=change.kind.value,
                name=change.name if change.ecosystem == "pypi" else f"{change.ecosystem or 'no purl'}:{change.name}",
                version=change.version,
                before=change.before,
                after=change.after,
            )
            for change in found.changes
        ),
        hashes_not_compared=found.hashes_not_compared,
    )


def _inputs(run: StageRun) -> Iterator[FileRef]:
    names = (VERDICT, PROVENANCE_VERDICT, GATE, PROVENANCE, VERIFICATION, f"sbom/{run.project.name}-sbom.json")
    for path in (*record_paths(run), *(run.dist / name for name in names)):
        if path.is_file():
            yield run.dist_ref(path)
