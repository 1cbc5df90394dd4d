"""Build the wheels and source distributions of a release twice, check them, and add them to it.

Each package with a build lock (requirements-build.txt, which compile_locks writes) is built twice at the same time: sdist,
then wheel from the sdist, from a clean export of the commit, in an environment of that lock. The two builds differ in
folder, umask, times of files, time zone, locale, hash seed, CPUs and, where root allows it, user. [build].normalise repacks
what they make into one canonical form; [build].embed puts into each wheel the SBOM of what it contains (PEP 770). Building
runs the code of the project: see [build].allow.
With --distributions FOLDER nothing is built: distributions that were built elsewhere (for many platforms, or in a job without secrets) are
copied, checked as copies, and released unchanged, under their own names; with [build].embed a wheel without SBOM is a
finding. Hidden files are passed over; attestations are recorded by digest. A report.json among them is the build report of the job that
built them: it has to be about exactly these files, this commit, version, [build] and build lock, and is recorded as that job's
statement, which no signature confirms. A project without build lock and without [[packages]] releases none.
A tag NAME==1.2 or NAME-v1.2 of one package, or --version NAME==1.2, releases that package alone; a package with
own_version is released in no other way.

Reads    --distributions FOLDER, or the commit, build locks and project metadata
Writes   dist/packages/, dist/build/report.json, dist/build/diffoscope-*.txt
Decides  both builds are the same; archives have one reading; RECORD, names, tags and entry points agree; no secrets, no stray files
Exits    0 no open finding, or nothing to release; 2 usage, or dist/packages/ has files of someone else; 3 an archive is
         damaged, too large or has more than one reading, or the report of another job is not about this release; 4 open
         findings; 5 a build lock cannot be installed, or a process above this one has a token.
Network  the package index, for the distributions of build locks; none with --offline or --distributions.
Source   https://packaging.python.org/en/latest/specifications/binary-distribution-format/,
         https://packaging.python.org/en/latest/specifications/source-distribution-format/; the checks of PyPI,
         check-wheel-contents and twine. An archive that was not read to its end is not released, and no waiver applies.
"""

from __future__ import annotations

if __name__ == "__main__":
    from ops.supply_chain.runner.command_lines import answer_help

    answer_help("build_distributions")

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from ops.supply_chain.adapters.files.folders import building, copy_measured, empty, files_in, measure
from ops.supply_chain.adapters.tools.descriptions import render_problem
from ops.supply_chain.contracts.base import FileRef
from ops.supply_chain.contracts.files.build_report import OTHER_JOB, BuildReport, BuiltDistribution, PackageBuild
from ops.supply_chain.contracts.values.distribution import Distribution
from ops.supply_chain.contracts.values.finding import Finding
from ops.supply_chain.core import canonical
from ops.supply_chain.core.commands import command
from ops.supply_chain.core.errors import ErrorClass, StageError, UsageError
from ops.supply_chain.core.files import write_atomic
from ops.supply_chain.core.text import plural
from ops.supply_chain.formats.wheel import parse_file_name
from ops.supply_chain.gather.gates.outcome import finish_gate
from ops.supply_chain.gather.gates.projects import GateProject
from ops.supply_chain.gather.release.builds import SCOPE as BUILD_SCOPE
from ops.supply_chain.gather.release.builds import BuiltPackages, build_packages, build_settings, selected_packages
from ops.supply_chain.gather.release.handover import AcceptedReport, accept_report
from ops.supply_chain.gather.release.packages import (
    CheckedDistribution,
    ReleasedPackage,
    check_files,
    provided_files,
    released_packages,
    selection_findings,
    selection_notes,
)
from ops.supply_chain.release.packages.hygiene.check import check_together, other_file_findings, unembedded_findings
from ops.supply_chain.release.packages.hygiene.identity import Expected
from ops.supply_chain.release.packages.hygiene.issues import SCOPE
from ops.supply_chain.runner.arguments import absolute
from ops.supply_chain.runner.context import StageResult, StageRun
from ops.supply_chain.runner.stage import leave, run_stage

PACKAGES_FOLDER = "packages"
REPORT = "build/report.json"
DIFFOSCOPE = "diffoscope-{}.txt"
NOTHING = f"no distributions: `{command('lock')}` writes a build lock, with which they are built; --distributions FOLDER releases others"


class CandidateDistributions(NamedTuple):
    """Distributions in a working folder, not yet checked.

    `names` are theirs, sorted. `findings` are those about where they come from; `provided_by` the attestations that came
    with them, None where nothing was provided. `builds` are the builds that made them; `accepted` is the report of another
    job that made them, None without one.
    """

    names: tuple[str, ...]
    findings: tuple[Finding, ...] = ()
    provided_by: tuple[FileRef, ...] | None = None
    builds: BuiltPackages = BuiltPackages()
    accepted: AcceptedReport | None = None


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add `--distributions`."""
    parser.add_argument(
        "--distributions",
        type=Path,
        metavar="FOLDER",
        help="release the wheels and source distributions in this folder, which were built elsewhere",
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run the stage.

    Returns:
        The exit code.
    """
    return run_stage("build_distributions", __doc__, arguments, _perform, argv)


def _perform(run: StageRun) -> StageResult:
    packages = released_packages(run)
    selected = selection_findings(run)
    expected = Expected(frozenset(package.name for package in packages), run.project.version)
    builds = BuiltPackages()
    if run.args.distributions is None:
        _remove_earlier(run)
        builds = _build(run, packages)
        if not builds.contents:
            missing = check_together((), expected) if run.config.packages else ()
            return _result(
                run, packages, CandidateDistributions((), (*selected, *builds.findings, *missing), builds=builds), ()
            )
    with building(run.dist / PACKAGES_FOLDER, replace=True) as work:
        candidates = _built(builds, work) if builds.contents else _provide(run, packages, work)
        checked = check_files(work, candidates.names, expected, render_problem)
        for name, result in zip(candidates.names, checked, strict=True):
            if result.distribution is None:
                (work / name).unlink()
        read = [result.distribution for result in checked if result.distribution]
        together = check_together(read, expected)
        if run.config.build.embed:
            together = (*together, *unembedded_findings(read))
        candidates = candidates._replace(findings=(*selected, *candidates.findings, *together))
    return _result(run, packages, candidates, checked)


def _build(run: StageRun, packages: Sequence[ReleasedPackage]) -> BuiltPackages:
    return build_packages(run, selected_packages(run), _names(packages))


def _names(packages: Sequence[ReleasedPackage]) -> dict[str, str]:
    return {"" if package.path == "." else package.path: package.name for package in packages}


def _built(builds: BuiltPackages, work: Path) -> CandidateDistributions:
    """Write the distributions that were built here into the working folder."""
    for name, content in builds.contents.items():
        write_atomic(work / name, content)
    return CandidateDistributions(tuple(sorted(builds.contents)), builds.findings, builds=builds)


def _provide(run: StageRun, packages: Sequence[ReleasedPackage], work: Path) -> CandidateDistributions:
    """Copy distributions that were built elsewhere into the working folder, and accept the report that came with them.

    Raises:
        InputError: A file cannot be read, or the report is not about exactly these distributions.
    """
    folder = absolute(run.args.distributions)
    provided = provided_files(folder)
    copies = {name: copy_measured(folder / name, work / name) for name in provided.distributions}
    accepted = accept_report(run, folder, _names(packages), copies) if provided.has_report else None
    return CandidateDistributions(
        provided.distributions,
        (*other_file_findings(provided.other), *(accepted.findings if accepted else ())),
        tuple(_attestation(folder, name) for name in provided.attestations),
        accepted=accepted,
    )


def _attestation(folder: Path, name: str) -> FileRef:
    measured = measure(folder / name)
    return FileRef(path=name, sha256=measured.sha256, size=measured.size)


def _remove_earlier(run: StageRun) -> None:
    """Remove the distributions of an earlier run.

    Raises:
        UsageError: There are others: a release that is to have them has to name them.
    """
    folder = run.dist / PACKAGES_FOLDER
    unknown = sorted({*files_in(folder)} - _earlier(run.dist))
    if unknown:
        raise UsageError(
            f"{folder}: {unknown[0]} is not from a run of this stage",
            hint=f"Release it with --distributions {folder}, or remove it.",
            kind=ErrorClass.FOLDER,
        )
    empty(folder)


def _earlier(dist: Path) -> set[str]:
    try:
        report = canonical.read(dist / REPORT, BuildReport)
    except StageError:  # missing or damaged: then nothing is known to be from an earlier run
        return set()
    return {built.filename for package in report.packages for built in package.distributions}


def _result(
    run: StageRun,
    packages: Sequence[ReleasedPackage],
    candidates: CandidateDistributions,
    checked: Sequence[CheckedDistribution],
) -> StageResult:
    read = [result.distribution for result in checked if result.distribution]
    unreadable = tuple(finding for result in checked if not result.distribution for finding in result.findings)
    found = [
        *candidates.findings,
        *(finding for result in checked if result.distribution for finding in result.findings),
    ]
    project = GateProject(label="", root=run.root, config=run.config, locks=(), broken=unreadable)
    reports = _write_reports(run, candidates.builds)
    gate = finish_gate(run, [(project, found)], scopes=frozenset({SCOPE, BUILD_SCOPE}), all_examined=True)
    report = _report(run, packages, read, candidates, reports)
    canonical.write(run.dist / REPORT, report)
    files = [run.dist / PACKAGES_FOLDER / distribution.filename for distribution in read]
    counts = {"distributions": len(checked), "readable": len(read), "files": sum(len(each.files) for each in read)}
    is_provided = run.args.distributions is not None
    text = f"{plural(len(checked), 'distribution')}, {plural(counts['files'], 'file')} in them"
    return StageResult(
        outcome=gate.outcome,
        text=text if checked else "",
        counts=counts,
        findings=gate.findings,
        writes=(*(run.dist_ref(path) for path in [*files, run.dist / REPORT]), *reports.values()),
        reads=_reads(candidates),
        options={"distributions": "provided"} if is_provided else {},
        notes=(
            *selection_notes(run),
            *_said_by_other_job(candidates.accepted),
            *(candidates.builds.notes or (() if checked or found or run.config.packages else (NOTHING,))),
        ),
        broken_input=gate.broken,
        document=report,
    )


def _reads(candidates: CandidateDistributions) -> tuple[FileRef, ...]:
    locks = {package.lock for package in candidates.builds.packages if package.lock}
    return tuple(
        sorted({*locks, *(candidates.accepted.reads if candidates.accepted else ())}, key=lambda ref: ref.path)
    )


def _said_by_other_job(accepted: AcceptedReport | None) -> tuple[str, ...]:
    """Return in words what another job states about the builds; nothing without its report."""
    if accepted is None:
        return ()
    entries = [entry for package in accepted.reported.packages for entry in package.distributions]
    same = sum(entry.identical is True for entry in entries)
    stated = f"its report states two identical builds for {same} of {plural(len(entries), 'distribution')}"
    return (f"{OTHER_JOB}{stated}; that is its statement, which no signature confirms",)


def _write_reports(run: StageRun, builds: BuiltPackages) -> dict[str, FileRef]:
    """Write what diffoscope found, and remove what it found earlier; return each file by its distribution."""
    folder = (run.dist / REPORT).parent
    for old in folder.glob(DIFFOSCOPE.format("*")):
        old.unlink()
    found = {}
    for name, text in builds.reports.items():
        path = folder / DIFFOSCOPE.format(name)
        write_atomic(path, text)
        found[name] = run.dist_ref(path)
    return found


def _report(
    run: StageRun,
    packages: Sequence[ReleasedPackage],
    read: Sequence[Distribution],
    candidates: CandidateDistributions,
    reports: Mapping[str, FileRef],
) -> BuildReport:
    made: dict[str, list[BuiltDistribution]] = {package.name: [] for package in candidates.builds.packages}
    for distribution in sorted(read, key=lambda each: each.filename):
        entry = candidates.builds.built.get(distribution.filename) or BuiltDistribution(
            filename=distribution.filename,
            kind=distribution.kind,
            sha256=distribution.sha256,
            size=distribution.size,
        )
        entry = msgspec.structs.replace(entry, diffoscope=reports.get(distribution.filename))
        made.setdefault(_name_of(distribution), []).append(entry)
    described = {package.name: package for package in candidates.builds.packages}
    paths = {package.name: package.path for package in packages}
    found = []
    for name, distributions in sorted(made.items()):
        package = described.get(name) or PackageBuild(
            path=paths.get(name, ""), name=name, version=run.project.version, provided_by=candidates.provided_by
        )
        found.append(msgspec.structs.replace(package, distributions=tuple(distributions)))
    return BuildReport(
        schema="build/1",
        component=run.project.name,
        version=run.project.version,
        source_date_epoch=run.project.epoch,
        packages=tuple(found),
        commit=run.project.source.commit if run.project.source else "",
        settings=build_settings(run.config.build),
        reported=candidates.accepted.reported if candidates.accepted else None,
    )


def _name_of(distribution: Distribution) -> str:
    try:
        return parse_file_name(distribution.filename).name
    except ValueError:
        return ""


if __name__ == "__main__":
    leave(main())
