"""State how the release came to be: in-toto statement with SLSA provenance, and checksums of every file.

Reads    artifacts, records, the report of the build, git; and the newest retained release, whose provenance this one continues.
Writes   dist/provenance/provenance.json, dist/checksums.txt
Decides  nothing
Exits    0 done, 2 usage, 3 verdict and records are missing or were changed, the project was changed since
         check_source, the report of the build is not about the distributions, or the newest retained release is damaged, 5 git did not answer, 6 the statement does not meet its contract.
Network  none.
Source   in-toto Statement v1; SLSA 1.2 Provenance v1; docs/provenance.md explains each identifier
         and does not claim. Byproducts are the records and the verdict, by the digest of their canonical
         bytes: what `jq -S` prints of each of them in N-V-gate.json.
"""

from __future__ import annotations

if __name__ == "__main__":
    from ops.supply_chain.runner.command_lines import answer_help

    answer_help("generate_provenance")

import argparse
import os
import platform
import sys
from collections.abc import Mapping, Sequence

from ops.supply_chain.adapters.files.artifact_store import ArtifactStore
from ops.supply_chain.adapters.files.folders import measure, plain_files
from ops.supply_chain.contracts.base import FileRef
from ops.supply_chain.contracts.config.signing import SigningMode
from ops.supply_chain.contracts.files.build_report import BuildReport
from ops.supply_chain.contracts.files.provenance import (
    Builder,
    BuildParameters,
    DigestSet,
    ExternalParameters,
    InternalParameters,
    Metadata,
    ProvenanceSource,
    ResourceDescriptor,
    RunDetails,
    Statement,
)
from ops.supply_chain.contracts.files.record import Record, ToolRef
from ops.supply_chain.contracts.files.verdict import GateFile
from ops.supply_chain.contracts.values.release_naming import naming_of, provenance_name
from ops.supply_chain.core import canonical
from ops.supply_chain.core.addresses import URI_BASE
from ops.supply_chain.core.commands import command
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.core.files import write_atomic
from ops.supply_chain.core.moments import timestamp
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.formats import json_reader
from ops.supply_chain.gather.release.source import source_changes
from ops.supply_chain.inventory.model.document import GENERATOR, GENERATOR_VERSION
from ops.supply_chain.release.assembly.checksums import format_checksums
from ops.supply_chain.release.assembly.layout import (
    CHECKSUMS_SOURCE,
    GATE_SOURCE,
    PROVENANCE_SOURCE,
    RELEASED_FOLDERS,
    ReleaseFile,
    lay_out,
)
from ops.supply_chain.release.provenance import builds, dependencies
from ops.supply_chain.release.provenance.agreement import SOURCE_STAGE, changed_since
from ops.supply_chain.release.provenance.builder import build_type, builder_id, recognise
from ops.supply_chain.release.provenance.source import source_uri, tag_of
from ops.supply_chain.release.provenance.statement import build_statement
from ops.supply_chain.release.retention.rules import newest
from ops.supply_chain.runner.context import StageResult, StageRun
from ops.supply_chain.runner.rehearsal_mode import is_rehearsal
from ops.supply_chain.runner.stage import leave, run_stage
from ops.supply_chain.trust.attestations.statements import supported

POLICY_RECORD = "records/evaluate_policy.json"
BUILD_STAGE = "build_distributions"
PACKAGES = "packages/"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add nothing: provenance states what happened, and no option changes that."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the stage.

    Returns:
        The exit code.
    """
    return run_stage("generate_provenance", __doc__, arguments, _perform, argv)


def _perform(run: StageRun) -> StageResult:
    project = run.project
    if not (run.dist / GATE_SOURCE).is_file():
        raise InputError(
            "there is no verdict, which provenance states",
            hint=f"Run {command('evaluate_policy')} first, over the records of all gates, or the whole release: {command('release')}.",
        )
    gate = canonical.read(run.dist / GATE_SOURCE, GateFile)
    policy_record = canonical.read(run.dist / POLICY_RECORD, Record)
    _hold_records(run, [*gate.records, policy_record])
    _hold_gate(run, policy_record)
    naming = run.config.release.names
    files = lay_out(plain_files(run.dist, RELEASED_FOLDERS, [GATE_SOURCE]), project.name, project.version, naming)
    measured = {file: measure(run.dist / file.source) for file in files}
    subjects = {file.name: measure.sha256 for file, measure in measured.items()}
    report = _report(run, gate, {file: measure.sha256 for file, measure in measured.items()})
    statement = _statement(run, gate, policy_record, subjects, report)
    provenance = canonical.write(run.dist / PROVENANCE_SOURCE, statement)
    name = provenance_name(project.name, project.version, naming)
    write_atomic(run.dist / CHECKSUMS_SOURCE, format_checksums({**subjects, name: sha256_bytes(provenance)}))
    found = statement.predicate.build_definition.resolved_dependencies
    return StageResult(
        outcome=Outcome.PASS,
        text=f"{PROVENANCE_SOURCE}: {len(subjects)} subjects, {len(found)} dependencies; {CHECKSUMS_SOURCE}",
        counts={"subjects": len(subjects), "dependencies": len(found), "records": len(gate.records)},
        reads=tuple(
            FileRef(path=f"dist:{file.source}", sha256=measure.sha256, size=measure.size)
            for file, measure in measured.items()
        ),
        writes=(run.dist_ref(run.dist / PROVENANCE_SOURCE), run.dist_ref(run.dist / CHECKSUMS_SOURCE)),
        tools=_own_tools(),
        document=statement,
    )


def _hold_records(run: StageRun, records: Sequence[Record]) -> None:
    """Refuse records that are not, byte for byte, what the verdict was reached over."""
    for record in records:
        where = f"records/{record.stage}.json"
        if canonical.read_bytes(run.dist / where) != canonical.encode(record):
            raise InputError(
                f"dist/{where}: is not the record that the verdict was reached over",
                hint=f"Run {command('evaluate_policy')} again, or the whole release: {command('release')}.",
            )
        if (record.component, record.version) != (run.project.name, run.project.version):
            raise InputError(
                f"dist/{where}: is of {record.component} {record.version}, "
                f"expected {run.project.name} {run.project.version}",
                hint="Run the whole release again for this project and version.",
            )


def _hold_gate(run: StageRun, policy_record: Record) -> None:
    """Refuse a gate file that is not the one that the policy stage says it wrote."""
    if run.dist_ref(run.dist / GATE_SOURCE) not in policy_record.writes:
        raise InputError(
            f"dist/{GATE_SOURCE}: is not what {policy_record.stage} recorded that it wrote",
            hint=f"Run {command('evaluate_policy')} again, or the whole release: {command('release')}.",
        )


def _report(run: StageRun, gate: GateFile, released: Mapping[ReleaseFile, str]) -> BuildReport | None:
    """Return the report of the build; None if there is no distribution.

    Raises:
        InputError: It is not the one that its stage recorded, or not about exactly these distributions.
    """
    distributions = {file.name: sha256 for file, sha256 in released.items() if file.source.startswith(PACKAGES)}
    path = run.dist / builds.REPORT_SOURCE
    wrote = [ref for record in gate.records if record.stage == BUILD_STAGE for ref in record.writes]
    if not wrote and not distributions:
        return None
    again = f"Run {command(BUILD_STAGE)} again, or the whole release: {command('release')}."
    if not path.is_file() or run.dist_ref(path) not in wrote:
        raise InputError(f"dist/{builds.REPORT_SOURCE}: is not what {BUILD_STAGE} recorded that it wrote", hint=again)
    report = canonical.read(path, BuildReport)
    problems = builds.problems_of_report(report, distributions)
    if (report.component, report.version) != (run.project.name, run.project.version):
        problems = (f"is about {report.component} {report.version}", *problems)
    if problems:
        raise InputError(f"dist/{builds.REPORT_SOURCE}: {problems[0]}", hint=again)
    return report if report.packages else None


def _statement(
    run: StageRun, gate: GateFile, policy_record: Record, subjects: dict[str, str], report: BuildReport | None
) -> Statement:
    base = run.config.provenance.uri_base or URI_BASE
    kind = recognise(os.environ)
    return build_statement(
        subjects,
        build_type=build_type(base),
        parameters=_parameters(run, [*gate.records, policy_record], report),
        internal=InternalParameters(
            python=platform.python_version(),
            platform=f"{sys.platform}-{platform.machine()}",
            attestations=_attestations(run, gate),
        ),
        dependencies=[
            *_dependencies(run, [*gate.records, policy_record]),
            *(builds.build_requirements(report) if report else ()),
        ],
        run=RunDetails(
            builder=Builder(
                id=builder_id(base, kind, rehearsal=is_rehearsal()),
                version={tool.name: tool.version for tool in _own_tools()},
            ),
            metadata=Metadata(
                invocation_id=run.invocation,
                started_on=min([timestamp(run.now), *(record.started for record in gate.records)]),
                finished_on=timestamp(run.now),
            ),
            byproducts=(
                *dependencies.byproducts(
                    [(record, sha256_bytes(canonical.encode(record))) for record in gate.records],
                    sha256_bytes(canonical.encode(gate.verdict)),
                    (policy_record, sha256_bytes(canonical.encode(policy_record))),
                ),
                *(builds.build_byproducts(report, sha256_bytes(canonical.encode(report))) if report else ()),
            ),
        ),
    )


def _attestations(run: StageRun, gate: GateFile) -> tuple[str, ...]:
    """Return the attestations that signing is going to make of the records; none where nothing is signed."""
    if run.config.signing.mode is SigningMode.CHECKSUMS:
        return ()
    return supported(json_reader.read(canonical.encode(gate)))


def _parameters(run: StageRun, records: Sequence[Record], report: BuildReport | None) -> ExternalParameters:
    project, build = run.project, run.config.build
    is_built = report is not None and any(package.provided_by is None for package in report.packages)
    return ExternalParameters(
        component=project.name,
        version=project.version,
        source_date_epoch=project.epoch,
        source_date_epoch_from=project.epoch_source,
        policy_profiles=run.config.policy.profiles,
        options={record.stage: record.options for record in records if record.options},
        source=_source(run),
        tag=tag_of(project.source.tags, project.tag_names, project.version) if project.source else "",
        build=BuildParameters(normalise=build.normalise, variables=build.variables) if is_built else None,
        names=run.config.release.names,
        rehearsal=is_rehearsal(),
    )


def _source(run: StageRun) -> ProvenanceSource | None:
    state = run.project.source
    if state is None:
        return None
    return ProvenanceSource(uri=source_uri(state.remote, state.commit), digest=DigestSet(git_commit=state.commit))


def _dependencies(run: StageRun, records: Sequence[Record]) -> list[ResourceDescriptor]:
    source, state = _source(run), run.project.source
    found = [*dependencies.project_files(records), *dependencies.feeds(records), *_previous(run)]
    found += dependencies.tools([*(tool for record in records for tool in record.tools), *_own_tools()])
    if source is not None and state is not None:
        dirty = _is_dirty(run, records)
        found.append(dependencies.source_dependency(source, dirty=dirty, folder=state.prefix))
    return found


def _is_dirty(run: StageRun, records: Sequence[Record]) -> bool:
    """Return whether the project differs from its commit, after a check that it does as it did for check_source.

    Raises:
        InputError: It was changed since then.
    """
    changes = source_changes(run)
    record = next((record for record in records if record.stage == SOURCE_STAGE), None)
    if record is not None:
        problem = changed_since(record, changes)
        if problem:
            raise InputError(problem, hint="Leave the project alone while a release is made, and run it again.")
    return bool(changes)


def _previous(run: StageRun) -> list[ResourceDescriptor]:
    """Describe the newest retained release other than this very version."""
    store, component = ArtifactStore(run.artifacts), run.project.name
    versions = [version for version in store.versions(component) if version != run.project.version]
    last = newest([store.release(component, version, digests=False) for version in versions])
    if last is None or last.manifest is None:
        return []
    naming = naming_of({file.name for file in last.manifest.files})
    name = provenance_name(component, last.version, naming)
    problems = last.problems or _changed(store, last.manifest.provenance_sha256, component, last.version, name)
    if problems:
        raise InputError(
            f"the newest retained release is damaged: {problems[0]}",
            hint=f"Restore it from a copy; see {command('retention', '--verify')}.",
        )
    return [dependencies.previous_release(name=name, version=last.version, sha256=last.manifest.provenance_sha256)]


def _changed(store: ArtifactStore, sha256: str, component: str, version: str, name: str) -> tuple[str, ...]:
    if measure(store.file(component, version, name)).sha256 == sha256:
        return ()
    return (f"{version}/{name}: has another SHA-256 than the manifest says",)


def _own_tools() -> tuple[ToolRef, ...]:
    return (
        ToolRef(name="python", version=platform.python_version()),
        ToolRef(name=GENERATOR, version=GENERATOR_VERSION),
    )


if __name__ == "__main__":
    leave(main())
