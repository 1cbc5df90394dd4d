"""The report of another job about its builds, compared with what is released: every digest, the commit, the settings, the locks.

A report is accepted whole or not at all. What it says about the builds stays a statement of the job that wrote it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from ops.supply_chain.contracts.base import FileRef
from ops.supply_chain.contracts.files.build_report import (
    BuildReport,
    BuildRequirement,
    BuildSettings,
    BuiltDistribution,
    PackageBuild,
)
from ops.supply_chain.contracts.values.distribution import DistributionKind
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.core.text import excerpt, plural
from ops.supply_chain.formats.wheel import WHEEL_ENDING, parse_file_name
from ops.supply_chain.release.packages.twice import severity_of, unequal_in

NONE = "none"
_TWICE = 2


class ExpectedPackage(NamedTuple):
    """A package as it is built from the commit: its folder, build backend, build lock, and what that lock has."""

    path: str
    backend: str
    lock: FileRef
    requirements: tuple[BuildRequirement, ...]


class ExpectedBuild(NamedTuple):
    """What a report has to be about.

    `packages` are those with a build lock, by name in PEP 503 form. `files` are the distributions that came with it: file
    name -> SHA-256 and size in bytes.
    """

    component: str
    version: str
    epoch: int
    commit: str
    settings: BuildSettings
    packages: Mapping[str, ExpectedPackage]
    files: Mapping[str, tuple[str, int]]


def problems_of_handover(report: BuildReport, expected: ExpectedBuild) -> tuple[str, ...]:
    """Return where the report of another job is not about exactly what is released.

    Returns:
        One sentence a field, which begins with its name: the commit first, then the files; empty where it is to be accepted.
    """
    return (
        *_unequal("commit", report.commit or NONE, expected.commit or NONE),
        *(() if expected.commit else ("commit: cannot be compared, since the project is not under git",)),
        *_unequal("component", report.component, expected.component),
        *_unequal("version", report.version, expected.version),
        *_unequal("source_date_epoch", report.source_date_epoch, expected.epoch),
        *_settings(report.settings, expected.settings),
        *(() if report.reported is None else ("reported: expected none, found the report of a third job",)),
        *_files(report.packages, expected.files),
        *_packages(report.packages, expected),
    )


def reported_findings(packages: Sequence[PackageBuild], manifests: Mapping[str, str]) -> tuple[Finding, ...]:
    """Return a finding for each distribution whose two builds differ, as the other job reports it.

    Args:
        packages: Of a report that was accepted.
        manifests: Name of a package -> its `pyproject.toml`.
    """
    return tuple(
        _finding(entry, manifests[package.name])
        for package in packages
        for entry in package.distributions
        if entry.identical is not True or unequal_in(entry)
    )


def _finding(entry: BuiltDistribution, path: str) -> Finding:
    rows = unequal_in(entry)
    severity = Severity.MEDIUM
    if rows and all(severity_of(row.field) is Severity.LOW for row in rows):
        severity = Severity.LOW
    fields = ", ".join(sorted({row.field for row in rows}))
    counted = f": {plural(len(rows), 'difference')} ({excerpt(fields)})" if rows else ""
    return Finding(
        code="build.not-reproducible",
        severity=severity,
        message=f"{entry.filename}: the job that built it reports two builds that are not the same{counted}",
        next_step="See the findings of that job's build_distributions; they name each cause and its cure.",
        path=path,
    )


def _unequal(field: str, found: object, expected: object) -> Iterator[str]:
    if found != expected:
        yield f"{field}: expected {excerpt(expected)}, found {excerpt(found)}"


def _settings(found: BuildSettings | None, expected: BuildSettings) -> Iterator[str]:
    if found is None:
        yield "settings: expected those of [build], found none"
        return
    for name in found.__struct_fields__:
        yield from _unequal(f"settings.{name}", getattr(found, name), getattr(expected, name))


def _packages(packages: Sequence[PackageBuild], expected: ExpectedBuild) -> Iterator[str]:
    names = [package.name for package in packages]
    yield from _unequal("packages", _listed(names), _listed(expected.packages))
    if not packages:
        yield "packages: the report is about no package"
    for position, package in enumerate(packages):
        field = f"packages[{position}]"
        if package.name in expected.packages:
            yield from _package(field, package, expected)
        for number, entry in enumerate(package.distributions):
            yield from _entry(f"{field}.distributions[{number}]", entry, package.name, expected.settings)


def _listed(names: Sequence[str] | Mapping[str, ExpectedPackage]) -> str:
    return ", ".join(sorted(names)) or NONE


def _package(field: str, package: PackageBuild, whole: ExpectedBuild) -> Iterator[str]:
    expected = whole.packages[package.name]
    yield from _unequal(f"{field}.path", package.path, expected.path)
    yield from _unequal(f"{field}.version", package.version, whole.version)
    yield from _unequal(f"{field}.backend", package.backend, expected.backend)
    lock = package.lock
    yield from _unequal(f"{field}.lock.path", lock.path if lock else NONE, expected.lock.path)
    yield from _unequal(f"{field}.lock.sha256", lock.sha256 if lock else NONE, expected.lock.sha256)
    yield from _unequal(f"{field}.lock.size", lock.size if lock else NONE, expected.lock.size)
    if package.requirements != expected.requirements:
        yield f"{field}.requirements: expected those of {expected.lock.path}, found others"
    if package.provided_by is not None:
        yield f"{field}.provided_by: expected null: only the job that built may report"
    labels = [build.folder for build in package.builds]
    if not len(labels) == len({*labels}) == _TWICE:
        yield f"{field}.builds: expected the conditions of two builds, found {_listed(labels)}"
    if not package.distributions:
        yield f"{field}.distributions: is empty"


def _entry(field: str, entry: BuiltDistribution, package: str, settings: BuildSettings) -> Iterator[str]:
    """Yield where an entry is not one that build_distributions writes with these settings about two builds."""
    is_wheel = entry.filename.endswith(WHEEL_ENDING)
    kind = DistributionKind.WHEEL if is_wheel else DistributionKind.SDIST
    yield from _unequal(f"{field}.filename", f"of {_name_of(entry)}", f"of {package}")
    yield from _unequal(f"{field}.kind", entry.kind, kind)
    if not entry.built_twice:
        yield f"{field}.built_twice: expected true, found false"
    if entry.identical is None:
        yield f"{field}.identical: expected true or false, found null"
    if entry.before is None:
        yield f"{field}.before: expected two digests, found null"
    yield from _unequal(f"{field}.normalised", entry.normalised, settings.normalise or (settings.embed and is_wheel))
    has_sbom = entry.embedded is not None
    if has_sbom is not (settings.embed and is_wheel):
        yield f"{field}.embedded: expected " + ("null, found an SBOM" if has_sbom else "an SBOM, found null")
    if entry.before is not None and not entry.normalised:
        yield from _unequal(f"{field}.before.first", entry.before.first, entry.sha256)
        if entry.identical and entry.before.first != entry.before.second:
            yield f"{field}.identical: is true, and the digests of the two builds differ"


def _name_of(entry: BuiltDistribution) -> str:
    try:
        return parse_file_name(entry.filename).name
    except ValueError:
        return "no package"


def _files(packages: Sequence[PackageBuild], files: Mapping[str, tuple[str, int]]) -> Iterator[str]:
    seen: set[str] = set()
    for position, package in enumerate(packages):
        for number, entry in enumerate(package.distributions):
            field = f"packages[{position}].distributions[{number}]"
            name = excerpt(entry.filename)
            if entry.filename in seen:
                yield f"{field}.filename: {name} is in the report twice"
            seen.add(entry.filename)
            if entry.filename not in files:
                yield f"{field}.filename: {name} is not in the folder"
                continue
            sha256, size = files[entry.filename]
            if entry.sha256 != sha256:
                yield f"{field}.sha256: {name} has {sha256}, the report {entry.sha256}"
            yield from _unequal(f"{field}.size", entry.size, size)
    yield from (
        f"distributions: {excerpt(name)} is in the folder, and not in the report" for name in sorted({*files} - seen)
    )
