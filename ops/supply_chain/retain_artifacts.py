"""Keep a release, whole and unchanged, for as long as it must be kept; list, verify and prune what is kept.

Reads    dist/release/, dist/verification/ where verify_release left it.
Writes   data/artifacts/supply-chain/N/V/ with manifest.json, complete or not at all; with the released files,
         the verification reports N-V-verification.json, N-V-verification.md and N-V-verification.vsa.json.
Decides  retained releases are intact; and that a version that is retained is never retained with other bytes or from
         another source: provenance, gate, checksums, signatures and reports depend on the run, everything else must be the same.
         A release that was verified and did not verify is not retained. A support period that ends, is shorter than
         five years or missing is a finding, and keeps no release from being retained.
Exits    0 retained or retained already, 2 usage, 3 dist/release/ is not the release that its provenance
         describes, or dist/verification/ is about another one; 4 it does not verify, the version is there with
         other bytes, or a retained release is damaged; 5 another run does not let go of the store; 6 cannot write.
Network  none.
Source   docs/regulation.md (for how long). A local disk is not write-once: keep a copy
         elsewhere. --prune removes only what has expired, by its manifest and by the configuration of today, is not the
         newest and verifies to the last byte.
"""

from __future__ import annotations

if __name__ == "__main__":
    from ops.supply_chain.runner.command_lines import answer_help

    answer_help("retain_artifacts")

import argparse
import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path

import msgspec

from ops.supply_chain.adapters.files.artifact_store import MANIFEST_NAME, STORE_FOLDER, ArtifactStore
from ops.supply_chain.adapters.files.folders import Measured, files_in, measure
from ops.supply_chain.contracts.base import FileRef
from ops.supply_chain.contracts.config.periods import RetainedOn, retained_until, support_statuses
from ops.supply_chain.contracts.files.manifest import HeldRelease, Manifest, ManifestFile, PreviousRelease
from ops.supply_chain.contracts.files.provenance import Statement
from ops.supply_chain.contracts.values.finding import Finding
from ops.supply_chain.contracts.values.release_naming import naming_of, provenance_name
from ops.supply_chain.core import canonical
from ops.supply_chain.core.commands import command
from ops.supply_chain.core.errors import ErrorClass, InputError, UsageError
from ops.supply_chain.core.moments import timestamp_of_epoch
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.release.assembly.layout import checksums_name, media_type_of, report_names
from ops.supply_chain.release.retention.report import (
    damage_findings,
    decision_line,
    other_bytes_findings,
    other_source_findings,
    release_line,
    support_findings,
    unsigned_findings,
    unverified_findings,
)
from ops.supply_chain.release.retention.rules import (
    PruneDecision,
    build_manifest,
    by_configuration,
    differing,
    lacks_signatures,
    newest,
    other_source,
    plan_pruning,
    pruned_entry,
    retained_on,
    with_chain_problems,
)
from ops.supply_chain.runner.context import StageResult, StageRun
from ops.supply_chain.runner.rehearsal_mode import is_rehearsal
from ops.supply_chain.runner.stage import leave, run_stage

RELEASE_FOLDER = "release"
REPORT_FOLDER = "verification"
REPORT, SUMMARY = "verification.json", "vsa.json"
MODES = ("--list", "--verify", "--prune")
"""Options that look after what is retained, and need no `dist/`."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the `retention` session asks for."""
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--list", action="store_true", help="list what is retained; retain nothing")
    mode.add_argument("--verify", action="store_true", help="verify retained files against their manifests")
    mode.add_argument("--prune", action="store_true", help="say which releases may be removed")
    parser.add_argument("--apply", action="store_true", help="with --prune: remove them")
    parser.add_argument("--component", default="", help="with the above: this component only (default: all)")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the stage; what only looks after the store leaves no record.

    Returns:
        The exit code.
    """
    words = sys.argv[1:] if argv is None else argv
    records = not any(mode in words for mode in MODES)
    return run_stage("retain_artifacts", __doc__, arguments, _perform, argv, records=records)


def _perform(run: StageRun) -> StageResult:
    args = run.args
    caring = args.list or args.verify or args.prune
    if (args.apply and not args.prune) or (args.component and not caring):
        raise UsageError(
            "--apply goes with --prune, --component with --list, --verify or --prune", kind=ErrorClass.COMMAND_LINE
        )
    if caring:
        return _care(run)
    return _retain(run)


def _retain(run: StageRun) -> StageResult:
    from ops.supply_chain.trust.verification.kept import accepted

    files = _release_files(run)
    digests = {name: measured.sha256 for name, measured in files.items()}
    reports = _reports(run, digests)
    if reports and not accepted(canonical.read_bytes(run.dist / REPORT_FOLDER / REPORT)):
        return _refused(unverified_findings(run.project.version), len(files))
    store, project = ArtifactStore(run.artifacts), run.project
    with store.locked(project.name):
        releases = _checked(store, project.name, whole=lambda version: version == project.version)
        damaged = damage_findings(releases)
        if damaged:
            return _refused(damaged, len(files))
        kept = next((held.manifest for held in releases if held.version == project.version), None)
        if kept is not None:
            return _again(run, kept, digests)
        paths = {**{name: run.dist / RELEASE_FOLDER / name for name in files}, **reports}
        measured = {**files, **{name: measure(path) for name, path in reports.items()}}
        manifest = _manifest(run, measured, newest(releases))
        store.retain(manifest, paths)
    return _retained(run, manifest, "retained")


def _release_files(run: StageRun) -> dict[str, Measured]:
    from ops.supply_chain.release.assembly.completeness import problems_of_set

    folder, project = run.dist / RELEASE_FOLDER, run.project
    files = {name: measure(folder / name) for name in files_in(folder)}
    provenance = provenance_name(project.name, project.version, naming_of(files))
    statement = canonical.read(folder / provenance, Statement)
    digests = {name: measured.sha256 for name, measured in files.items()}
    problems = problems_of_set(digests, statement, component=project.name, version=project.version)
    if problems:
        raise InputError(
            "dist/release/: is not the release that its provenance describes:\n  " + "\n  ".join(problems),
            hint=f"Make the release again: {command('release')}.",
        )
    _require_same_world(statement)
    return files


def _reports(run: StageRun, digests: dict[str, str]) -> dict[str, Path]:
    """Return the verification reports of this release as name -> path; empty if it was not verified.

    Raises:
        InputError: They are about other files, or cannot be read.
    """
    from ops.supply_chain.trust.verification.kept import report_problems, summary_problems
    from ops.supply_chain.trust.verification.listing import classify_listed

    folder, names = run.dist / REPORT_FOLDER, report_names(run.project.name, run.project.version)
    there = [name for name in names if (folder / name).exists()]
    if REPORT not in there:
        return {}
    problems = [f"{REPORT}: {problem}" for problem in report_problems(canonical.read_bytes(folder / REPORT), digests)]
    if SUMMARY in there:
        data = canonical.read_bytes(folder / SUMMARY)
        checksums = checksums_name(run.project.name, run.project.version)
        listed = {checksums: canonical.read_bytes(run.dist / RELEASE_FOLDER / checksums)}
        parts = classify_listed(digests, listed)
        problems += [f"{SUMMARY}: {problem}" for problem in summary_problems(data, digests, parts)]
    if problems:
        raise InputError(
            f"dist/{REPORT_FOLDER}/: is not about this release:\n  " + "\n  ".join(problems),
            hint=f"Verify it again: {command('verify_release')}.",
        )
    return {names[name]: folder / name for name in there}


def _require_same_world(statement: Statement) -> None:
    """Keep what was only rehearsed from among the real releases, and the other way round."""
    rehearsed = statement.predicate.build_definition.external_parameters.rehearsal
    if rehearsed and not is_rehearsal():
        raise InputError("dist/release/: is from a rehearsal", hint=f"Make a real release: {command('release')}.")
    if not rehearsed and is_rehearsal():
        raise InputError("dist/release/: is from a real release, but this is a rehearsal", hint=command("rehearse"))


def _manifest(run: StageRun, files: dict[str, Measured], last: HeldRelease | None) -> Manifest:
    before = None
    if last is not None and last.manifest is not None:
        reference = PreviousRelease(version=last.version, manifest_sha256=last.manifest_sha256)
        before = (last.manifest.sequence, reference)
    return build_manifest(
        [
            ManifestFile(name=name, sha256=file.sha256, size=file.size, media_type=media_type_of(name))
            for name, file in files.items()
        ],
        component=run.project.name,
        version=run.project.version,
        created=timestamp_of_epoch(run.project.epoch),
        now=run.now,
        until=retained_until(run.config, RetainedOn(run.project.version, run.now.date())),
        last=before,
    )


def _again(run: StageRun, kept: Manifest, digests: dict[str, str]) -> StageResult:
    names = differing(kept, digests)
    other = "" if names or is_rehearsal() else _other_source(run, kept, digests)
    if other:
        return _refused(other_source_findings(kept.version, other), len(digests))
    if not names:
        if lacks_signatures(kept, digests):
            return _refused(unsigned_findings(kept.version), len(digests))
        return _retained(run, kept, _how_kept(kept, digests))
    findings = other_bytes_findings(kept.version, names)
    return _refused(findings, len(digests))


def _other_source(run: StageRun, kept: Manifest, digests: dict[str, str]) -> str:
    """Return how the source of this making differs from the retained one's; empty for the same, or the same bytes."""
    name = provenance_name(kept.component, kept.version, naming_of(digests))
    if digests[name] in {file.sha256 for file in kept.files}:
        return ""
    folder = run.artifacts / STORE_FOLDER / kept.component / kept.version
    before = canonical.read(folder / name, Statement)
    return other_source(before, canonical.read(run.dist / RELEASE_FOLDER / name, Statement))


def _how_kept(kept: Manifest, digests: dict[str, str]) -> str:
    """Compare a release with the retained one of the same version: what depends on the run may differ."""
    there = {file.name: file.sha256 for file in kept.files}
    other = sum(there.get(name) != sha256 for name, sha256 in digests.items())
    if not other:
        return "retained already, with the same bytes"
    return (
        f"retained already, and not changed: in dist/{RELEASE_FOLDER}/ {other} files that depend on the run "
        "(provenance, records, checksums, signatures) differ"
    )


def _retained(run: StageRun, manifest: Manifest, how: str) -> StageResult:
    where = f"{STORE_FOLDER}/{manifest.component}/{manifest.version}"
    folder = run.artifacts / where
    refs = [
        FileRef(path=f"artifacts:{where}/{file.name}", sha256=file.sha256, size=file.size) for file in manifest.files
    ]
    own = measure(folder / MANIFEST_NAME)
    refs.append(FileRef(path=f"artifacts:{where}/{MANIFEST_NAME}", sha256=own.sha256, size=own.size))
    size = sum(file.size for file in manifest.files)
    release, until = retained_on(manifest), by_configuration(run.config)(manifest)
    statuses = support_statuses(run.config, [release], run.now.date(), within_days=run.config.review.within_days)
    return StageResult(
        outcome=Outcome.PASS,
        text=f"{folder}: {len(manifest.files)} files, {size} bytes, until {until}",
        counts={"files": len(manifest.files)},
        writes=tuple(refs),
        findings=support_findings(manifest.component, statuses),
        notes=(how,),
        document=manifest,
    )


def _checked(store: ArtifactStore, component: str, *, whole: Callable[[str], bool]) -> tuple[HeldRelease, ...]:
    """Read a component's releases, checking every digest of those that `whole` selects, and check their chain."""
    held = [store.release(component, version, digests=whole(version)) for version in store.versions(component)]
    try:
        return with_chain_problems(held, store.pruned(component))
    except InputError as error:
        problem = f"the list of pruned releases is broken: {error.message.rpartition('/')[2]}"
        return tuple(msgspec.structs.replace(release, problems=(*release.problems, problem)) for release in held)


def _care(run: StageRun) -> StageResult:
    store = ArtifactStore(run.artifacts)
    components = store.components()
    if run.args.component:
        if run.args.component not in components:
            raise UsageError(
                f"--component {run.args.component!r}: nothing of it is retained", kind=ErrorClass.COMMAND_LINE
            )
        components = (run.args.component,)
    releases: list[HeldRelease] = []
    decisions: list[PruneDecision] = []
    for component in components:
        with store.locked(component) if run.args.apply else nullcontext():
            held = _checked(store, component, whole=lambda _: not run.args.list)
            releases += held
            decisions += _prune(run, store, held) if run.args.prune else ()
    return _told(run, releases, decisions)


def _prune(run: StageRun, store: ArtifactStore, releases: Sequence[HeldRelease]) -> tuple[PruneDecision, ...]:
    decisions = plan_pruning(releases, run.now, by_configuration(run.config))
    for decision in decisions:
        held = decision.held
        if decision.remove and held.manifest is not None and run.args.apply:
            store.prune(pruned_entry(held.manifest, held.manifest_sha256, run.now), held.component)
    return decisions


def _told(run: StageRun, releases: Sequence[HeldRelease], decisions: Sequence[PruneDecision]) -> StageResult:
    applied = run.args.apply
    findings, kept_until = damage_findings(releases), by_configuration(run.config)
    lines = [decision_line(decision, applied=applied) for decision in decisions] or [
        release_line(held, kept_until(held.manifest) if held.manifest and not held.problems else None)
        for held in releases
    ]
    counts = {"releases": len(releases), "damaged": sum(bool(held.problems) for held in releases)}
    removable = sum(decision.remove for decision in decisions)
    if run.args.prune:
        counts["removed" if applied else "removable"] = removable
    if removable and not applied:
        lines.append("next: the same with --apply removes them")
    return StageResult(
        outcome=Outcome.FAIL if findings else Outcome.PASS,
        text="\n".join(lines) or "nothing is retained",
        counts=counts,
        findings=(*findings, *_support(run, releases)),
        document={"releases": releases, "decisions": decisions},
    )


def _support(run: StageRun, releases: Sequence[HeldRelease]) -> tuple[Finding, ...]:
    """Return the findings on support periods of intact releases, the project's own component alone."""
    manifests = [held.manifest for held in releases if held.manifest and not held.problems]
    own = [retained_on(manifest) for manifest in manifests if manifest.component == run.project.name]
    within = run.config.review.within_days
    return support_findings(run.project.name, support_statuses(run.config, own, run.now.date(), within_days=within))


def _refused(findings: tuple[Finding, ...], files: int) -> StageResult:
    return StageResult(outcome=Outcome.FAIL, text="not retained", findings=findings, counts={"files": files})


if __name__ == "__main__":
    leave(main())
