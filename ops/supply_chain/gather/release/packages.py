"""The packages of a project, and the distributions that it releases: found, read, checked.

Source: https://peps.python.org/pep-0740/ (names of attestations)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from ops.supply_chain.adapters.files.folders import files_in
from ops.supply_chain.adapters.files.inputs import read_input_text
from ops.supply_chain.adapters.files.package_folders import package_folders
from ops.supply_chain.contracts.config.file import CONFIG_NAME
from ops.supply_chain.contracts.config.packages import PackageEntry
from ops.supply_chain.contracts.values.distribution import Distribution
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.core import plain_toml
from ops.supply_chain.core.errors import ErrorClass, InputError, UsageError
from ops.supply_chain.core.names import normalise
from ops.supply_chain.formats.archives.distribution import (
    UnreadableDistributionError,
    kind_of,
    member_digests,
    read_distribution,
    read_members,
)
from ops.supply_chain.formats.project_metadata import PYPROJECT, SETUP_CFG, SETUP_PY, read_metadata
from ops.supply_chain.release.packages.hygiene.check import (
    SecondReading,
    check_distribution,
    unreadable_finding,
    wanted_of,
)
from ops.supply_chain.release.packages.hygiene.identity import Expected
from ops.supply_chain.release.packages.hygiene.metadata import DescriptionCheck
from ops.supply_chain.runner.context import StageRun

REPORT_NAME = "report.json"
"""The report of the job that built the distributions: `dist/build/report.json` of its run."""

ATTESTATION_ENDINGS = (".attestation", ".intoto.json", ".intoto.jsonl", ".sigstore", ".sigstore.json")
"""Files that may come with distributions: who built them, or what was attested of them."""


class ReleasedPackage(NamedTuple):
    """One package of a release: its folder, relative to the project, and its name in PEP 503 form."""

    path: str
    name: str


class ProvidedFiles(NamedTuple):
    """The files of a folder with distributions that were built elsewhere; names sorted, `other` is everything else.

    `has_report` is true if the report of the job that built them is among them.
    """

    distributions: tuple[str, ...]
    attestations: tuple[str, ...]
    other: tuple[str, ...]
    has_report: bool = False


class CheckedDistribution(NamedTuple):
    """A distribution, None where it could not be read, and the findings about it."""

    distribution: Distribution | None
    findings: tuple[Finding, ...]


def released_packages(run: StageRun) -> tuple[ReleasedPackage, ...]:
    """Return the packages that `[[packages]]` names, else the project itself and its workspace's members; sorted by name.

    Where a tag selects one package it is that one; else those with versions of their own are left out.

    Raises:
        UsageError: An entry has a path outside of the project, no name, or the name of another one.
        InputError: The metadata of one cannot be read.
    """
    if run.project.package is not None:
        return (ReleasedPackage(run.project.package, normalise(run.project.name)),)
    if not run.config.packages:
        own = ReleasedPackage(".", normalise(run.project.python_name or run.project.name))
        found = [
            ReleasedPackage(folder.path, normalise(folder.name)) for folder in package_folders(run.root) if folder.name
        ]
        members = [package for package in found if package.path]
        return tuple(sorted([own, *members], key=lambda package: package.name))
    found = [_package(run.root, entry) for entry in run.config.packages]
    names = [package.name for package in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UsageError(
            f"packages: two entries have the name {twice[0]!r}",
            hint="Remove one of them from .security-config.toml.",
            kind=ErrorClass.CONFIGURATION,
        )
    together = [package for package, entry in zip(found, run.config.packages, strict=True) if not entry.own_version]
    return tuple(sorted(together, key=lambda package: package.name))


def selection_findings(run: StageRun) -> tuple[Finding, ...]:
    """Return the finding for a project all of whose packages have versions of their own, where no tag names one."""
    entries = run.config.packages
    if run.project.package is not None or not entries or not all(entry.own_version for entry in entries):
        return ()
    return (
        Finding(
            code="build.not-selected",
            severity=Severity.HIGH,
            message="each package has a version of its own, and neither a tag at HEAD nor --version names one of them",
            next_step="Tag the commit NAME==VERSION, or give --version NAME==VERSION.",
            path=CONFIG_NAME,
        ),
    )


def selection_notes(run: StageRun) -> tuple[str, ...]:
    """Return in words which of several packages are released, where it is not all of them."""
    if run.project.package is not None:
        return (f"only {run.project.name} is released ({run.project.package or 'the top folder'}): the tag names it",)
    names = [entry.name or entry.path for entry in run.config.packages if entry.own_version]
    return (f"not released, with a version of its own: {', '.join(names)}",) if names else ()


def provided_files(folder: Path) -> ProvidedFiles:
    """List a folder with distributions; hidden files are passed over.

    Raises:
        UsageError: There is no such folder.
        InputError: It cannot be read.
    """
    if not folder.is_dir():
        raise UsageError(
            f"{folder}: is not a folder",
            hint="Name the folder with the wheels and source distributions.",
            kind=ErrorClass.COMMAND_LINE,
        )
    names = files_in(folder)
    distributions = tuple(name for name in names if kind_of(name))
    attestations = tuple(name for name in names if name.endswith(ATTESTATION_ENDINGS))
    other = sorted({*names}.difference(distributions, attestations, [REPORT_NAME]))
    return ProvidedFiles(distributions, attestations, tuple(other), REPORT_NAME in names)


def check_files(
    folder: Path,
    names: Sequence[str],
    expected: Expected,
    check_description: DescriptionCheck,
    advance: Callable[[], object] = lambda: None,
) -> tuple[CheckedDistribution, ...]:
    """Read and check distributions.

    Args:
        folder: Where they lie.
        names: Their names.
        expected: What the project releases.
        check_description: Renders a description.
        advance: Called after each.
    Returns:
        One for each name, in their order.
    Raises:
        InputError: A file cannot be opened or read.
    """
    found = []
    for name in names:
        found.append(_checked(folder / name, expected, check_description))
        advance()
    return tuple(found)


def _checked(path: Path, expected: Expected, check_description: DescriptionCheck) -> CheckedDistribution:
    try:
        with path.open("rb") as file:
            distribution = read_distribution(file, path.name)
            members, algorithms = wanted_of(distribution)
            second = SecondReading(
                read_members(file, path.name, members) if members else {},
                member_digests(file, path.name, algorithms) if algorithms else {},
            )
    except UnreadableDistributionError as error:
        return CheckedDistribution(None, (unreadable_finding(path.name, str(error)),))
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from error
    return CheckedDistribution(distribution, check_distribution(distribution, expected, second, check_description))


def _package(root: Path, entry: PackageEntry) -> ReleasedPackage:
    path = PurePosixPath(entry.path)
    if path.is_absolute() or ".." in path.parts or "\\" in entry.path:
        raise UsageError(
            f"packages: path {entry.path!r} is not below the project",
            hint="Give a folder relative to the project, with `/`.",
            kind=ErrorClass.CONFIGURATION,
        )
    name = entry.name or _stated_name(root, path)
    if not name:
        raise UsageError(
            f"packages: the metadata in {entry.path!r} state no name",
            hint="Set `name` in that entry of .security-config.toml.",
            kind=ErrorClass.CONFIGURATION,
        )
    return ReleasedPackage(path.as_posix(), normalise(name))


def _stated_name(root: Path, path: PurePosixPath) -> str:
    where = (path / PYPROJECT).as_posix()
    try:
        document = plain_toml.load(read_input_text(root, where) or "")
    except plain_toml.TomlError as error:
        raise InputError(f"{where}: cannot be read: {error}") from error
    setup_cfg = read_input_text(root, (path / SETUP_CFG).as_posix()) or ""
    return read_metadata(document, setup_cfg, has_setup_py=(root / path / SETUP_PY).is_file()).name
