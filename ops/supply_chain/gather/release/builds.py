"""Builds the packages of a project: which, with what, and what came out.

Consent to run the code of a project is `[build].allow`, or where that is not set a committed build lock.
"""

from __future__ import annotations

import contextlib
import os
import posixpath
import re
import sys
import zlib
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from ops.supply_chain.adapters.builders.build import (
    BuildInput,
    OneBuild,
    build_folder,
    build_twice,
    clock_of,
    export_sources,
    require_no_token,
)
from ops.supply_chain.adapters.builders.conditions import Conditions, two_conditions
from ops.supply_chain.adapters.builders.diffoscope import DiffoscopeReport, diffoscope_report
from ops.supply_chain.adapters.builders.environment import make_environment
from ops.supply_chain.adapters.builders.run import BuildLimits
from ops.supply_chain.adapters.files.git import GitState
from ops.supply_chain.adapters.files.inputs import read_input
from ops.supply_chain.adapters.files.package_folders import PackageFolder, package_folders
from ops.supply_chain.adapters.files.project_files import ProjectFiles
from ops.supply_chain.adapters.files.verified_files import VerifiedFiles
from ops.supply_chain.contracts.config.build import BuildConfig
from ops.supply_chain.contracts.files.build_report import (
    NO_DIFFOSCOPE,
    SAME_CONDITIONS,
    BuildConditions,
    BuildRequirement,
    BuildSettings,
    BuiltDistribution,
    PackageBuild,
    SharedCondition,
)
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.contracts.values.lock import Lock
from ops.supply_chain.core.commands import command
from ops.supply_chain.core.errors import ErrorClass, UsageError
from ops.supply_chain.core.names import normalise
from ops.supply_chain.core.text import excerpt, plural
from ops.supply_chain.core.variables import is_token
from ops.supply_chain.dependencies.compile.build_source import build_backend
from ops.supply_chain.formats.lock_formats import BUILD_LOCK
from ops.supply_chain.gather.gates.projects import read_project
from ops.supply_chain.gather.release.embedding import sbom_maker
from ops.supply_chain.release.packages.causes import BuildFolders, backend_name
from ops.supply_chain.release.packages.twice import Released, TwoBuilds, compare_builds
from ops.supply_chain.runner.context import StageRun

SCOPE = "build"
LIMITS = BuildLimits()
_EARLIEST_EPOCH = 315532800
_SHA256 = re.compile(r"sha256:([0-9a-f]{64})")
_CONTROLLED = re.compile(r"(?:PIP_|UV_|PYTHON|XDG_|LC_)\w*|PATH|HOME|TMPDIR|TZ|LANG|SOURCE_DATE_EPOCH|VIRTUAL_ENV")
_PREFIX_MAP = "-ffile-prefix-map={source}=."
_COMPILER_FLAGS = ("CFLAGS", "CXXFLAGS")


class BuiltPackages(NamedTuple):
    """What was built.

    `packages` have everything but their distributions; `contents` and `built` are the distributions by file name, `reports`
    those of diffoscope about them. `findings` are those about the builds; `notes` name each package that was not built, and
    why, and what could not be compared.
    """

    packages: tuple[PackageBuild, ...] = ()
    contents: Mapping[str, bytes] = {}
    built: Mapping[str, BuiltDistribution] = {}
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    reports: Mapping[str, bytes] = {}


class _Built(NamedTuple):
    package: PackageBuild
    released: tuple[Released, ...] = ()
    findings: tuple[Finding, ...] = ()


def selected_packages(run: StageRun) -> tuple[PackageFolder, ...]:
    """Return the packages that are built: those of `[[packages]]`, else the project and the members of its workspace.

    That is the one package that a tag selects, or else all that have the version of the project.

    Raises:
        UsageError: An entry is no folder of a Python package.
        InputError: A `pyproject.toml` or `setup.cfg` cannot be read.
    """
    if run.project.package is not None:
        return package_folders(run.root, [run.project.package])
    entries = [entry.path for entry in run.config.packages if not entry.own_version]
    return package_folders(run.root, entries) if entries or not run.config.packages else ()


def build_packages(run: StageRun, packages: Sequence[PackageFolder], names: Mapping[str, str]) -> BuiltPackages:
    """Build each package twice.

    Args:
        run: The stage's run.
        packages: As `selected_packages` returns them.
        names: Folder of a package -> its name in PEP 503 form, where the configuration names it.
    Raises:
        UsageError: `[build].variables` has a variable that a build must not get, or `[locks]` leaves a build lock out.
        InputError: A build lock cannot be read or installed.
        UnavailableError: This process or one above it has a token, or the index, git or uv does not answer.
    """
    state, config = run.project.source, run.config.build
    if config.allow is False or not packages:
        return BuiltPackages(notes=("nothing is built: [build].allow is false",) if packages else ())
    if state is None:
        return BuiltPackages(notes=("nothing is built: the project is not under git",))
    ready = [package for package in packages if read_input(run.root, lock_path(package)) is not None]
    findings = [_no_lock(package) for package in packages if package not in ready and config.allow]
    notes = [
        f"{lock_path(package)} is absent, so {names.get(package.path) or package.name or package.manifest} is not built: "
        f"{command('lock')} writes it"
        for package in packages
        if package not in ready and not config.allow
    ]
    if not ready:
        return BuiltPackages(findings=tuple(findings), notes=tuple(notes))
    require_no_token()
    variables = _variables(config)
    locks = {lock.path: lock for lock in read_project(run).locks}
    before = _state_of(run.root)
    done = [_build(run, state, package, names.get(package.path, ""), locks, variables) for package in ready]
    changed = sorted(path for path, _ in before ^ _state_of(run.root))
    findings += [_wrote_outside(changed)] if changed else []
    released: dict[str, Released] = {}
    for package, built in zip(ready, done, strict=True):
        for entry in built.released:
            if released.setdefault(entry.built.filename, entry) is not entry:
                findings.append(_unusable(package, f"{entry.built.filename!r}, which another package's build made too"))
    reports = {
        name: diffoscope_report(name, entry.content, entry.repeated)
        for name, entry in released.items()
        if entry.repeated is not None
    }
    return BuiltPackages(
        packages=tuple(built.package for built in done),
        contents={name: entry.content for name, entry in released.items()},
        built={name: entry.built for name, entry in released.items()},
        findings=(*findings, *(finding for built in done for finding in built.findings)),
        notes=(*notes, *_notes(done, reports)),
        reports={name: report.text for name, report in reports.items() if report.text},
    )


def _notes(done: Sequence[_Built], reports: Mapping[str, DiffoscopeReport]) -> tuple[str, ...]:
    """Return in words in which conditions no build differed, and which reports there are not."""
    shared = {f"{row.condition} ({row.reason})" for built in done for row in built.package.not_varied}
    absent = sorted({report.problem for report in reports.values() if report.problem})
    return (
        *((f"{SAME_CONDITIONS}{', '.join(sorted(shared))}",) if shared else ()),
        *(f"{NO_DIFFOSCOPE}{problem}" for problem in absent),
    )


def _state_of(root: Path) -> frozenset[tuple[str, tuple[int, int, int]]]:
    """Return path, size, time and mode of each file of the project."""
    found = set()
    for path in ProjectFiles(root).walk():
        with contextlib.suppress(OSError):
            status = (root / path).lstat()
            found.add((path, (status.st_size, status.st_mtime_ns, status.st_mode)))
    return frozenset(found)


def _build(
    run: StageRun,
    state: GitState,
    package: PackageFolder,
    name: str,
    locks: Mapping[str, Lock],
    variables: Mapping[str, str],
) -> _Built:
    from ops.supply_chain.adapters.index.downloads import install_key

    path = lock_path(package)
    if path not in locks:
        raise UsageError(
            f"{path}: [locks] leaves it out, so no gate checks it",
            hint="Add it to [locks].include, or remove it from [locks].exclude; or set [build].allow = false.",
            kind=ErrorClass.CONFIGURATION,
        )
    lock = locks[path]
    epoch = max(run.project.epoch, _EARLIEST_EPOCH)
    given = BuildInput(
        root=run.root,
        state=state,
        path=package.path,
        history=package.needs_history,
        epoch=epoch,
        variables=variables,
        limits=LIMITS,
    )
    with build_folder() as folder, ThreadPoolExecutor(max_workers=1) as pool:
        exported = pool.submit(export_sources, given, folder)
        wheels = folder / "wheels"
        wheels.mkdir()
        chosen = [install_key(entry.pin.hashes) for entry in lock.entries]
        environment = make_environment(
            folder / "env",
            read_input(run.root, path) or b"",
            where=path,
            config=run.config,
            cache=run.cache / "uv",
            offline=run.offline,
            wheels=wheels if VerifiedFiles(run.cache).place(chosen, wheels) else None,
        )
        packages = exported.result()
        pair = two_conditions(epoch, environment.python)
        started = clock_of(folder)
        builds = build_twice(given, environment, pair, packages, folder)
        ended = clock_of(folder)
    tools = {entry.pin.name: entry.pin.version for entry in lock.entries}
    described = PackageBuild(
        path=package.path or ".",
        name=built_name(run, package, name),
        version=run.project.version,
        backend=build_backend(package.document),
        requirements=locked_requirements(lock),
        lock=run.project_ref(run.root / path),
        builds=tuple(_described(build.conditions, tools) for build in builds),
        not_varied=tuple(SharedCondition(condition=name, reason=why) for name, why in pair.not_varied.items()),
    )
    failed = [build for build in builds if build.failure]
    if failed:
        return _Built(described, findings=(_failed(package, failed[0]),))
    first, second = builds
    two = TwoBuilds(
        first=first.files,
        second=second.files,
        folders=BuildFolders(str(first.folder), str(second.folder)),
        started=started,
        ended=ended,
        backend=backend_name(described.backend),
    )
    try:
        released = compare_builds(
            two,
            path=package.manifest,
            epoch=epoch,
            normalise=run.config.build.normalise,
            make_sbom=sbom_maker(run) if run.config.build.embed else None,
        )
    except ValueError as error:
        return _Built(described, findings=(_unusable(package, str(error)),))
    return _Built(described, released, tuple(finding for entry in released for finding in entry.findings))


def _variables(config: BuildConfig) -> dict[str, str]:
    """Return the configured variables of a build; with `normalise`, flags that keep its folder out of compiled code.

    Raises:
        UsageError: One of them has a credential, or is one that each build sets itself.
    """
    refused = sorted(name for name in config.variables if is_token(name) or _CONTROLLED.fullmatch(name))
    if refused:
        raise UsageError(
            f"[build].variables: {refused[0]} cannot be set: a build gets no credentials and no settings of pip, uv or Python",
            hint="Remove it from .security-config.toml.",
            kind=ErrorClass.CONFIGURATION,
        )
    flags = dict.fromkeys(_COMPILER_FLAGS, _PREFIX_MAP) if config.normalise and os.name == "posix" else {}
    return {**flags, **config.variables}


def build_settings(config: BuildConfig) -> BuildSettings:
    """Return the settings that the bytes of a distribution depend on."""
    return BuildSettings(normalise=config.normalise, embed=config.embed, variables=config.variables)


def built_name(run: StageRun, package: PackageFolder, configured: str) -> str:
    """Return the name of a package in PEP 503 form; `configured` is the one that the configuration gives it, or empty."""
    return normalise(configured or package.name or run.project.python_name or run.project.name)


def locked_requirements(lock: Lock) -> tuple[BuildRequirement, ...]:
    """Return what a build lock allows, sorted by name and version."""
    return tuple(
        BuildRequirement(
            name=entry.pin.name,
            version=entry.pin.version,
            sha256=tuple(sorted(match[1] for text in entry.pin.hashes if (match := _SHA256.fullmatch(text)))),
        )
        for entry in sorted(lock.entries, key=lambda entry: (entry.pin.name, entry.pin.version))
    )


def _described(conditions: Conditions, tools: Mapping[str, str]) -> BuildConditions:
    return BuildConditions(
        folder=conditions.label,
        umask=f"{conditions.umask:04o}",
        timezone=conditions.timezone,
        locale=conditions.locale,
        hash_seed=str(conditions.hash_seed),
        cpus=conditions.cpus or os.cpu_count() or 1,
        user="own" if conditions.uid is None else str(conditions.uid),
        python=sys.version.split()[0],
        zlib=zlib.ZLIB_RUNTIME_VERSION,
        tools=dict(sorted(tools.items())),
    )


def _no_lock(package: PackageFolder) -> Finding:
    return Finding(
        code="build.no-lock",
        severity=Severity.HIGH,
        message=f"{lock_path(package)} is absent, so nothing fixes what the build installs, and nothing is built",
        next_step=f"Run `{command('lock')}` and commit the result.",
        path=package.manifest,
    )


def _wrote_outside(changed: Sequence[str]) -> Finding:
    return Finding(
        code="build.wrote-outside",
        severity=Severity.HIGH,
        message=f"{plural(len(changed), 'file')} of the project changed while it was built from a copy: {excerpt(changed[0])}",
        next_step="Find what of the build writes there; `git status` shows each file.",
        path=changed[0],
    )


def _failed(package: PackageFolder, build: OneBuild) -> Finding:
    lines = " | ".join(build.lines[-4:])
    return Finding(
        code="build.failed",
        severity=Severity.HIGH,
        message=f"the build {build.failure}" + (f": {lines}" if lines else ""),
        next_step="Build a clean clone of the commit in an environment of the build lock, with `python -m build -n`.",
        path=package.manifest,
    )


def _unusable(package: PackageFolder, why: str) -> Finding:
    return Finding(
        code="build.unusable",
        severity=Severity.HIGH,
        message=f"the build made {why}",
        next_step="Correct the configuration of the build backend.",
        path=package.manifest,
    )


def lock_path(package: PackageFolder) -> str:
    """Return the path of a package's build lock, relative to the project."""
    return posixpath.join(package.path, BUILD_LOCK)
