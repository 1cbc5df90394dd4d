"""The report of another job about the builds of distributions that came from it: read within limits, compared, accepted or refused."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from ops.supply_chain.adapters.files.folders import Measured
from ops.supply_chain.adapters.files.git_blobs import BlobReader
from ops.supply_chain.adapters.files.inputs import read_input
from ops.supply_chain.adapters.files.package_folders import PackageFolder
from ops.supply_chain.adapters.files.release_files import read_evidence
from ops.supply_chain.contracts.base import FileRef
from ops.supply_chain.contracts.files.build_report import BuildReport, ReportedBuilds
from ops.supply_chain.contracts.values.build_property import OTHER_REPORT
from ops.supply_chain.contracts.values.finding import Finding
from ops.supply_chain.contracts.values.lock import Lock
from ops.supply_chain.core import canonical
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.core.text import plural
from ops.supply_chain.dependencies.compile.build_source import build_backend
from ops.supply_chain.gather.gates.projects import read_project
from ops.supply_chain.gather.release.builds import (
    build_settings,
    built_name,
    lock_path,
    locked_requirements,
    selected_packages,
)
from ops.supply_chain.gather.release.packages import REPORT_NAME
from ops.supply_chain.release.packages.handover import (
    ExpectedBuild,
    ExpectedPackage,
    problems_of_handover,
    reported_findings,
)
from ops.supply_chain.runner.context import StageRun

MOST_REPORT_BYTES = 16 << 20
"""A report has at most 1,000 differences for each distribution; nothing honest is larger."""

_HINT = "Take distributions and report from one run of build_distributions, on this commit, with this configuration."


class AcceptedReport(NamedTuple):
    """A report that is about exactly what is released: what it states, the files that were read, and the findings in it."""

    reported: ReportedBuilds
    reads: tuple[FileRef, ...]
    findings: tuple[Finding, ...]


def accept_report(
    run: StageRun, folder: Path, names: Mapping[str, str], files: Mapping[str, Measured]
) -> AcceptedReport:
    """Compare the report of another job with what is released.

    Args:
        run: The stage's run.
        folder: Has the report.
        names: Folder of a package -> its name in PEP 503 form, where the configuration names it.
        files: The distributions that came with it, by name.
    Raises:
        InputError: It cannot be read, is too large, or is not about exactly these files, this commit, these settings and
            these build locks; the message names the field.
        UnavailableError: git does not answer.
    """
    path = folder / REPORT_NAME
    given, data = read_evidence(path)
    if len(data) > MOST_REPORT_BYTES:
        raise InputError(
            f"{path}: has {len(data):,} bytes, more than the {MOST_REPORT_BYTES:,} of any report", hint=_HINT
        )
    report = canonical.decode(data, BuildReport, where=str(path))
    packages = {built_name(run, package, names.get(package.path, "")): package for package in _with_lock(run)}
    expected = _expected(run, packages, files)
    problems = problems_of_handover(report, expected)
    if problems:
        more = f" (and {plural(len(problems) - 1, 'further problem')})" if len(problems) > 1 else ""
        raise InputError(f"{path}: {problems[0]}{more}", hint=_HINT)
    return AcceptedReport(
        ReportedBuilds(sha256=given.sha256, size=given.size, authenticated=False, packages=report.packages),
        (
            FileRef(path=OTHER_REPORT, sha256=given.sha256, size=given.size),
            *(package.lock for package in expected.packages.values()),
        ),
        reported_findings(report.packages, {name: package.manifest for name, package in packages.items()}),
    )


def _with_lock(run: StageRun) -> list[PackageFolder]:
    """Return the packages that a job with this configuration builds."""
    if run.config.build.allow is False:
        return []
    return [package for package in selected_packages(run) if read_input(run.root, lock_path(package)) is not None]


def _expected(run: StageRun, packages: Mapping[str, PackageFolder], files: Mapping[str, Measured]) -> ExpectedBuild:
    source = run.project.source
    locks = {lock.path: lock for lock in read_project(run).locks} if packages else {}
    return ExpectedBuild(
        component=run.project.name,
        version=run.project.version,
        epoch=run.project.epoch,
        commit=source.commit if source else "",
        settings=build_settings(run.config.build),
        packages={name: _package(run, package, locks) for name, package in packages.items()},
        files={name: (measured.sha256, measured.size) for name, measured in files.items()},
    )


def _package(run: StageRun, package: PackageFolder, locks: Mapping[str, Lock]) -> ExpectedPackage:
    path = lock_path(package)
    if path not in locks:
        raise InputError(
            f"{path}: [locks] leaves it out, so no report about a build from it is accepted",
            hint="Add it to [locks].include, or remove it from [locks].exclude.",
        )
    found = run.project_ref(run.root / path)
    if run.project.source is not None:
        with BlobReader(run.root, run.project.source.commit) as blobs:
            committed = sha256_bytes(blobs.read(path))
        if committed != found.sha256:
            raise InputError(
                f"{path}: differs from the commit, and the report of another job is about the commit",
                hint=f"Commit it and build again, or restore it with `git restore {path}`.",
            )
    return ExpectedPackage(
        path=package.path or ".",
        backend=build_backend(package.document),
        lock=found,
        requirements=locked_requirements(locks[path]),
    )
