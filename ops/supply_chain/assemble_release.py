"""Put the release together: the flat folder of files to attach, complete and unchanged, or none at all.

Reads    dist/: the files that provenance names, the verdict on them, provenance and checksums.
Writes   dist/release/
Decides  set is complete: exactly the subjects of the provenance, each with the digest that it says, and the
         verdict of both passes of the policy allows exactly these files and records; a rehearsal goes on in
         spite of a denial, and says so.
Exits    0 assembled, 2 usage, 3 a file of dist/ is broken, 4 there is no verdict that allows it, 6 the set is
         not complete or was changed on the way.
Network  none.
Source   docs/architecture.md. The folder is built under a hidden name and takes the place of the last release in one
         step: until then, and whenever the stage ends otherwise, that one stays, whole.
"""

from __future__ import annotations

if __name__ == "__main__":
    from ops.supply_chain.runner.command_lines import answer_help

    answer_help("assemble_release")

import argparse
from collections.abc import Sequence
from pathlib import Path

from ops.supply_chain.adapters.files.folders import Measured, building, copy_measured, empty, measure, plain_files
from ops.supply_chain.contracts.base import FileRef
from ops.supply_chain.contracts.files.provenance import Statement
from ops.supply_chain.contracts.files.record import Record
from ops.supply_chain.contracts.files.verdict import GateFile, Verdict
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.contracts.values.release_naming import provenance_name
from ops.supply_chain.core import canonical
from ops.supply_chain.core.commands import command
from ops.supply_chain.core.errors import OutputError
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.release.assembly.completeness import problems_of_set
from ops.supply_chain.release.assembly.layout import (
    CHECKSUMS_SOURCE,
    GATE_SOURCE,
    PROVENANCE_SOURCE,
    RELEASED_FOLDERS,
    ReleaseFile,
    checksums_name,
    lay_out,
)
from ops.supply_chain.release.assembly.permission import DIST, problems_of_decision, problems_of_permission
from ops.supply_chain.runner.context import StageResult, StageRun
from ops.supply_chain.runner.rehearsal_mode import is_rehearsal
from ops.supply_chain.runner.stage import leave, run_stage

RELEASE_FOLDER = "release"
REPORT_FOLDER = "verification"
"""A report in it is on the release that was replaced."""

VERDICT_SOURCE = "verdict/verdict.json"
SECOND_VERDICT_SOURCE = "verdict/provenance-verdict.json"
SECOND_RECORD = "records/evaluate_policy_provenance.json"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add nothing: what is released follows from what was made and judged."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the stage.

    Returns:
        The exit code.
    """
    return run_stage("assemble_release", __doc__, arguments, _perform, argv)


def _perform(run: StageRun) -> StageResult:
    project = run.project
    statement = canonical.read(run.dist / PROVENANCE_SOURCE, Statement)
    naming = statement.predicate.build_definition.external_parameters.names
    described = lay_out(plain_files(run.dist, RELEASED_FOLDERS, [GATE_SOURCE]), project.name, project.version, naming)
    problems, denials = _permission(run, statement, described)
    if problems:
        return _refused(problems)
    files = (
        *described,
        ReleaseFile(source=PROVENANCE_SOURCE, name=provenance_name(project.name, project.version, naming)),
        ReleaseFile(source=CHECKSUMS_SOURCE, name=checksums_name(project.name, project.version)),
    )
    with building(run.dist / RELEASE_FOLDER, replace=True) as work:
        copied = {file: copy_measured(run.dist / file.source, work / file.name) for file in files}
        _require_whole(run, statement, copied)
    empty(run.dist / REPORT_FOLDER)
    return _result(copied, denials)


def _permission(
    run: StageRun, statement: Statement, files: Sequence[ReleaseFile]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what keeps the release from being made, and the denials that a rehearsal went past."""
    gate = canonical.read(run.dist / GATE_SOURCE, GateFile)
    if canonical.read_bytes(run.dist / VERDICT_SOURCE) != canonical.encode(gate.verdict):
        return (f"{VERDICT_SOURCE}: is not the verdict in {GATE_SOURCE}",), ()
    record = canonical.read(run.dist / SECOND_RECORD, Record)
    second = canonical.read(run.dist / SECOND_VERDICT_SOURCE, Verdict)
    if run.dist_ref(run.dist / SECOND_VERDICT_SOURCE) not in record.writes:
        return (f"{SECOND_VERDICT_SOURCE}: is not the verdict that its stage recorded",), ()
    judged = (*gate.verdict.inputs, *second.inputs)
    inputs = [ref.path.removeprefix(DIST) for ref in judged if ref.path.startswith(DIST)]
    paths = {*inputs, *(file.source for file in files), PROVENANCE_SOURCE}
    digests = {path: measure(run.dist / path).sha256 for path in sorted(paths) if _is_plain(run.dist, path)}
    problems = problems_of_permission(gate, second, statement, digests, files, rehearsal=is_rehearsal())
    return problems, problems_of_decision(gate, second) if is_rehearsal() else ()


def _is_plain(dist: Path, path: str) -> bool:
    # What is not there has no digest, and the policy's inputs are then not what they were.
    return ".." not in path.split("/") and (dist / path).is_file() and not (dist / path).is_symlink()


def _require_whole(run: StageRun, statement: Statement, copied: dict[ReleaseFile, Measured]) -> None:
    project = run.project
    digests = {file.name: copy.sha256 for file, copy in copied.items()}
    problems = problems_of_set(digests, statement, component=project.name, version=project.version)
    if problems:
        raise OutputError(
            "dist/release/: would not be the release that its provenance describes:\n  " + "\n  ".join(problems),
            hint=f"Something changed dist/ on the way: run the whole release again, {command('release')}.",
        )


def _refused(problems: Sequence[str]) -> StageResult:
    findings = tuple(
        Finding(
            code="release.not-allowed",
            severity=Severity.HIGH,
            message=problem,
            next_step=f"Run the whole release again: {command('release')}; if the policy denies, do what it says.",
        )
        for problem in problems
    )
    return StageResult(outcome=Outcome.FAIL, text="not assembled", findings=findings, counts={"files": 0})


def _result(copied: dict[ReleaseFile, Measured], denials: Sequence[str]) -> StageResult:
    size = sum(copy.size for copy in copied.values())
    notes = tuple(f"rehearsal: went on although {denial}" for denial in denials)
    return StageResult(
        outcome=Outcome.PASS,
        text=f"{RELEASE_FOLDER}/: {len(copied)} files, {size} bytes",
        notes=notes,
        counts={"files": len(copied)},
        reads=tuple(
            FileRef(path=f"{DIST}{file.source}", sha256=copy.sha256, size=copy.size) for file, copy in copied.items()
        ),
        writes=tuple(
            FileRef(path=f"{DIST}{RELEASE_FOLDER}/{file.name}", sha256=copy.sha256, size=copy.size)
            for file, copy in copied.items()
        ),
        document={file.name: {"sha256": copy.sha256, "size": copy.size} for file, copy in copied.items()},
    )


if __name__ == "__main__":
    leave(main())
