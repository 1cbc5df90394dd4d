"""Reproduce a release: make it again from its commit, and compare every file with the released one.

The commit that the release names is checked out in a clone of its own; the stages themselves run there again: locks are
recompiled, distributions rebuilt, SBOMs, VEX, evidence, verdict, provenance and checksums made again, each stage with the clock at the time
at which it ran for the release. Records of the stages that ask a service whose answers change (advisories, publishers, hashes
on the index) are taken from the release. Each file is identical, differs (member, field, why), or cannot be compared (why);
fields that depend on the run are named in one line, and nothing that was not compared counts as identical. The release is
verified first, and the statement says whether it was. Building runs the code of that commit: see [build].allow.

Reads    a release folder, archive or GitHub release, or with --retained VERSION a retained one; a clone of the project (--project)
Writes   dist/reproduction/: reproduction.json, rebuilt/ with what the stages wrote, and, if no file differs, reproduction.intoto.json,
         a statement that is ready to sign
Decides  every file is the same, byte for byte, except what describes its own run
Exits    0 reproduced; 2 usage, or --project is another folder of the repository; 3 the release is broken or is none; 4 a file differs, or the
         release does not verify; 5 the commit is not in the clone, the release names none, or a file could not be
         compared.
Network  the package index, as for a release; with --github, GitHub's API and its download hosts. With --offline what is not
         in the cache cannot be compared.
Source   https://reproducible-builds.org/docs/definition/; in-toto Statement v1 with a Simple Verification Result,
         https://github.com/in-toto/attestation/blob/main/spec/predicates/svr.md
"""

from __future__ import annotations

if __name__ == "__main__":
    from ops.supply_chain.runner.command_lines import answer_help

    answer_help("reproduce_release")

import argparse
import platform
import shlex
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from ops.supply_chain.adapters.files.folders import empty
from ops.supply_chain.adapters.files.git_checkout import CloneState, clone_with
from ops.supply_chain.adapters.files.inputs import configured_input
from ops.supply_chain.adapters.files.release_files import read_release
from ops.supply_chain.contracts.files.reproduction import FileResult, Reproduction
from ops.supply_chain.core import canonical
from ops.supply_chain.core.addresses import URI_BASE
from ops.supply_chain.core.errors import ErrorClass, OutputError, UsageError
from ops.supply_chain.core.files import write_atomic
from ops.supply_chain.core.moments import timestamp
from ops.supply_chain.core.outcome import Outcome, worst
from ops.supply_chain.gather.release.rebuild import (
    Rebuilt,
    built_elsewhere,
    measured_files,
    previous_digest,
    rebuild,
)
from ops.supply_chain.gather.release.released_run import ReleasedRun, read_run
from ops.supply_chain.gather.trust.verification.check import check_release
from ops.supply_chain.gather.trust.verification.inputs import add_options, expectations, release_folder, trust
from ops.supply_chain.inventory.model.document import GENERATOR_VERSION
from ops.supply_chain.release.reproduction.compare import Sides, compare_releases
from ops.supply_chain.release.reproduction.render import findings, reproduction_text
from ops.supply_chain.release.reproduction.statement import statement
from ops.supply_chain.runner.context import StageResult, StageRun
from ops.supply_chain.runner.stage import leave, run_stage
from ops.supply_chain.trust.verification.file_kinds import DOCUMENTS, MANIFEST, ReleaseFileNames
from ops.supply_chain.trust.verification.listing import classify_listed

FOLDER = "reproduction"
STORE_FOLDER = "supply-chain"
STATEMENT = "reproduction.intoto.json"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what selects a release, and how it is verified first."""
    add_options(parser)
    parser.add_argument(
        "--release", dest="folder", type=Path, metavar="FOLDER", help="folder or archive with one complete release"
    )
    parser.add_argument("--retained", default="", metavar="VERSION", help="the retained release of that version")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the stage.

    Returns:
        The exit code.
    """
    return run_stage("reproduce_release", __doc__, arguments, _perform, argv)


def _perform(run: StageRun) -> StageResult:
    _choose(run)
    dist = run.dist / FOLDER
    with release_folder(run.args, default=None, cache=run.cache) as release, _work() as work:
        files, contents = read_release(release, DOCUMENTS)
        names = classify_listed(files, contents)
        released = read_run(contents, gate=names.gate, provenance=names.provenance)
        _require_commit(run, released)
        state = clone_with(run.root, released.commit)
        _require_folder(released, state)
        verified = _verify(run, release, released)
        empty(dist)
        given = {name: release / name for name in names.distributions}
        rebuilt = rebuild(run, released, state, given, work=work, dist=dist / "rebuilt")
        compared = compare_releases(
            Sides(
                released=measured_files(
                    {name: release / name for name in files}, {name: file.sha256 for name, file in files.items()}
                ),
                rebuilt=rebuilt.files,
                gate=names.gate,
                provenance=names.provenance,
                checksums=names.checksums,
                unmade=_unmade(names, released, verified.outcome),
                missing=rebuilt.missing,
                records=rebuilt.digests,
                taken=released.taken,
                previous=previous_digest(run, released),
            )
        )
    outcome = worst([_outcome_of(file.result) for file in compared])
    found = Reproduction(
        schema="reproduction/1",
        component=released.parameters.component,
        version=released.parameters.version,
        commit=released.commit,
        rehearsal=released.parameters.rehearsal,
        time=timestamp(run.now),
        outcome=outcome,
        verification=verified.outcome,
        verified_why=verified.why,
        accepted=verified.accepted,
        files=compared,
        stages=rebuilt.stages,
        taken=released.taken,
        notes=_notes(released, state, rebuilt),
        not_independent=_in_common(released),
    )
    return _result(run, found)


def _choose(run: StageRun) -> None:
    """Put the one release that is named where the options of a verification have it.

    Raises:
        UsageError: Two are named.
    """
    args = run.args
    retained = run.artifacts / STORE_FOLDER / run.project.name / args.retained if args.retained else None
    given = [path for path in (args.release, args.folder, retained) if path is not None]
    if len(given) + bool(args.github) > 1 or Path(args.retained).name != args.retained:
        raise UsageError(
            "more than one release is named, or --retained is no version",
            hint="Give one of FOLDER, --release, --retained and --github.",
            kind=ErrorClass.COMMAND_LINE,
        )
    args.release = given[0] if given else None


@contextmanager
def _work() -> Iterator[Path]:
    try:
        with tempfile.TemporaryDirectory(prefix="sealwright-reproduce-", ignore_cleanup_errors=True) as folder:
            yield Path(folder)
    except PermissionError as error:
        raise OutputError(f"the temporary folder cannot be used: {error.strerror}", hint="Set TMPDIR.") from error


def _require_commit(run: StageRun, released: ReleasedRun) -> None:
    """Refuse another commit than the expected one before its code is run."""
    expected = run.args.source_commit
    if expected and expected != released.commit:
        raise UsageError(
            f"the release names commit {released.commit}, and --source-commit is {expected}: nothing was rebuilt",
            hint="Find out which of the two is right; do not use the release before that.",
            kind=ErrorClass.COMMAND_LINE,
        )


def _require_folder(released: ReleasedRun, state: CloneState) -> None:
    if released.folder != state.prefix:
        raise UsageError(
            f"the release is of the folder {released.folder or '.'} of its repository, and --project is {state.prefix or '.'}",
            hint=f"Give --project {shlex.quote(str(state.top / released.folder))}.",
            kind=ErrorClass.COMMAND_LINE,
        )


class Verified(NamedTuple):
    """The result of verifying a release: the outcome, the reason where it is no pass, and whether it is accepted nevertheless."""

    outcome: Outcome
    why: str = ""
    accepted: bool = True


def _verify(run: StageRun, release: Path, released: ReleasedRun) -> Verified:
    """Verify the release as a customer would; a rehearsal only where a trusted root for it is given."""
    if released.parameters.rehearsal and not run.args.trusted_root:
        return Verified(Outcome.NOT_EXAMINED, "it is a rehearsal, signed by an instance that has ended")
    signing = run.config.signing
    configured = configured_input(run.root, signing.trust_config) if signing.trust_config else None
    trusted = trust(run.args, signing.identities, trust_config=configured)
    wanted = expectations(run.args, trusted, release, uri_base=run.config.provenance.uri_base, artifacts=run.artifacts)
    verification = check_release(release, wanted, trusted.checker, attestations=run.args.attestations).verification
    lines = [line for check in verification.checks for line in check.lines if line.outcome is not Outcome.PASS]
    if verification.outcome is Outcome.PASS:
        return Verified(Outcome.PASS)
    if verification.ruling is Outcome.PASS:
        kinds = " and ".join(sorted({line.tolerated for line in lines}))
        return Verified(verification.outcome, f"it is accepted as it is ({kinds}), which is no pass")
    wrong = next((line for line in lines if not line.tolerated), None)
    why = f"{wrong.subject}: {wrong.message}" if wrong else "nothing was examined"
    return Verified(verification.outcome, why, accepted=False)


def _unmade(names: ReleaseFileNames, released: ReleasedRun, verification: Outcome) -> dict[str, str]:
    """Return the files that no second run makes, each with the reason."""
    verified = verification is Outcome.PASS
    signed = f"made by signing, never the same twice, and {'verified' if verified else 'not verified'} with the release"
    unmade = dict.fromkeys(set(names.names) - set(names.released), signed)
    unmade |= dict.fromkeys({MANIFEST, *names.kept} & set(names.names), "added when the release was retained")
    if built_elsewhere(released):
        reason = "built elsewhere, and not by a stage of this release: whoever built it has to reproduce it"
        unmade |= dict.fromkeys(names.distributions, reason)
    return unmade


def _outcome_of(result: FileResult) -> Outcome:
    outcomes = {FileResult.DIFFERS: Outcome.FAIL, FileResult.UNKNOWN: Outcome.NOT_EXAMINED}
    return outcomes.get(result, Outcome.PASS)


def _notes(released: ReleasedRun, state: CloneState, rebuilt: Rebuilt) -> tuple[str, ...]:
    made_by = released.statement.predicate.run_details.builder.version.get("sealwright", "")
    other = [
        f"{row.stage} ended with exit {row.code}"
        for row in rebuilt.stages
        if row.code != released.expected_code(row.stage)
    ]
    return (
        *(("it is a rehearsal, not a release",) if released.parameters.rehearsal else ()),
        *(("the clone has uncommitted changes; they were not used",) if state.is_dirty else ()),
        *(("the clone is shallow: a version that follows from history may differ",) if state.is_shallow else ()),
        *(
            (
                f"the release was made by sealwright {made_by}, and this is {GENERATOR_VERSION}: run that version to compare",
            )
            if made_by != GENERATOR_VERSION
            else ()
        ),
        *(f"{sentence}, other than for the release" for sentence in other),
    )


def _in_common(released: ReleasedRun) -> tuple[str, ...]:
    """Name what both runs had in common, as far as this one can know."""
    internal = released.statement.predicate.build_definition.internal_parameters
    here = (platform.python_version(), f"{sys.platform}-{platform.machine()}")
    same = [
        *(["the same Python version"] if internal.python == here[0] else []),
        *(["the same kind of platform"] if internal.platform == here[1] else []),
    ]
    return (
        "the same implementation, sealwright, made both",
        "the same package index and its files were used",
        *([" and ".join(same)] if same else []),
        *((f"the records of {', '.join(released.taken)} were taken from the release",) if released.taken else ()),
        "whether machine, user and operator were others than at the release is not known to this run",
    )


def _result(run: StageRun, found: Reproduction) -> StageResult:
    document = canonical.encode(found)
    signed = statement(found, base=run.config.provenance.uri_base or URI_BASE, version=GENERATOR_VERSION)
    write_atomic(run.dist / FOLDER / "reproduction.json", document)
    if signed is not None:
        write_atomic(run.dist / FOLDER / STATEMENT, signed)
    outcome = found.outcome if found.accepted else worst([found.outcome, found.verification])
    counts = {result.name.lower(): len(found.named(result)) for result in FileResult}
    counts["stages"] = len(found.stages)
    written = f"{FOLDER}/reproduction.json" + (f", {FOLDER}/{STATEMENT}" if signed is not None else "")
    return StageResult(
        outcome=outcome,
        text=f"{reproduction_text(found)}\n  written: {written}",
        counts=counts,
        findings=findings(found),
        document=found,
    )


if __name__ == "__main__":
    leave(main())
