"""How the distributions were built, as resource descriptors: from the report of the build.

Digests of parts of the report are those of their canonical bytes, which `jq -S` prints.

Source: SLSA 1.2, https://slsa.dev/spec/v1.2/build-provenance (`resolvedDependencies`, `byproducts`; `reproducible` was
removed from `metadata` in version 1)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ops.supply_chain.contracts.files.build_report import (
    BuildConditions,
    BuildReport,
    BuiltDistribution,
    PackageBuild,
    ReportedBuilds,
)
from ops.supply_chain.contracts.files.provenance import DigestSet, ResourceDescriptor
from ops.supply_chain.contracts.values.build_property import BUILT_TWICE_IDENTICAL, UNAUTHENTICATED_PROPERTY
from ops.supply_chain.core.canonical import encode
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.release.provenance.dependencies import JSON_MEDIA_TYPE, package_url

REPORT_SOURCE = "build/report.json"
REPORT_BYPRODUCT = "build-report"
REPORTED_BYPRODUCT, REPORTED_COMPARISON = "reported-build", "reported-comparison"


def problems_of_report(report: BuildReport, distributions: Mapping[str, str]) -> tuple[str, ...]:
    """Return where a report of the build is not about exactly these distributions.

    Args:
        report: The report.
        distributions: File name -> SHA-256 of every released distribution.
    Returns:
        One sentence a problem, sorted.
    """
    entries = [entry for package in report.packages for entry in package.distributions]
    reported = {entry.filename: entry.sha256 for entry in entries}
    problems = [f"{name}: is released, and not in the report" for name in distributions.keys() - reported.keys()]
    problems += [f"{name}: is in the report, and not released" for name in reported.keys() - distributions.keys()]
    problems += [
        f"{name}: SHA-256 is {distributions[name]}, the report has {reported[name]}"
        for name in reported.keys() & distributions.keys()
        if reported[name] != distributions[name]
    ]
    if len(reported) != len(entries):
        problems.append("a distribution is in the report twice")
    return tuple(sorted(problems))


def is_identical(report: BuildReport) -> bool:
    """Return whether every distribution of a report was built twice here and was the same each time.

    A release without distributions has no such property, nor has one with a distribution that was built elsewhere, whatever
    is reported about it.
    """
    return _is_identical(report.packages)


def _is_identical(packages: Sequence[PackageBuild]) -> bool:
    entries = [entry for package in packages for entry in package.distributions]
    return bool(entries) and all(entry.built_twice and entry.identical is True for entry in entries)


def build_requirements(report: BuildReport) -> tuple[ResourceDescriptor, ...]:
    """Describe each file that a build lock allows, and each attestation that came with distributions.

    A lock may allow several files of a package; which of them was installed is not recorded.

    Returns:
        Without repeats, sorted by name, version and digest.
    """
    allowed = {
        (entry.name, entry.version, digest)
        for package in report.packages
        for entry in package.requirements
        for digest in entry.sha256 or ("",)
    }
    provided = {(ref.path, ref.sha256) for package in report.packages for ref in package.provided_by or ()}
    return (
        *(
            ResourceDescriptor(
                name=name,
                uri=package_url("pypi", name, version),
                digest=DigestSet(sha256=digest) if digest else None,
                annotations={"role": "build-requirement", "version": version},
            )
            for name, version, digest in sorted(allowed)
        ),
        *(
            ResourceDescriptor(
                name=name, digest=DigestSet(sha256=digest), annotations={"role": "distribution-attestation"}
            )
            for name, digest in sorted(provided)
        ),
    )


def build_byproducts(report: BuildReport, sha256: str) -> tuple[ResourceDescriptor, ...]:
    """Describe the report, the environment of each build, and for each distribution the comparison of its builds.

    Args:
        report: The report; it has a package at least.
        sha256: Of its bytes.
    Returns:
        The report, then package by package in its order: environments, comparisons, digests before repacking; then what
        another job reports.
    """
    stated: dict[str, str | bool] = {"property": BUILT_TWICE_IDENTICAL} if is_identical(report) else {}
    return (
        _descriptor("build/report", sha256, {"role": REPORT_BYPRODUCT, **stated}),
        *(descriptor for package in report.packages for descriptor in _of_package(package)),
        *(_reported(report.reported) if report.reported else ()),
    )


def _reported(reported: ReportedBuilds) -> Iterator[ResourceDescriptor]:
    """Describe the report of another job, in roles of its own: nothing here observed these builds."""
    stated: dict[str, str | bool] = (
        {UNAUTHENTICATED_PROPERTY: BUILT_TWICE_IDENTICAL} if _is_identical(reported.packages) else {}
    )
    notes = {"role": REPORTED_BYPRODUCT, "authenticated": reported.authenticated, **stated}
    yield _descriptor("build/reported", reported.sha256, notes)
    for package in reported.packages:
        for entry in package.distributions:
            name = f"build/reported/{entry.filename}"
            yield _descriptor(name, sha256_bytes(encode(entry)), _comparison(entry, REPORTED_COMPARISON))


def _of_package(package: PackageBuild) -> Iterator[ResourceDescriptor]:
    for conditions in package.builds:
        name = f"build/environment/{package.name}/{conditions.folder}"
        yield _descriptor(name, sha256_bytes(encode(conditions)), _environment(conditions))
    for entry in package.distributions:
        name = f"build/comparison/{entry.filename}"
        yield _descriptor(name, sha256_bytes(encode(entry)), _comparison(entry))
        if entry.before is not None:
            for build, digest in (("first", entry.before.first), ("second", entry.before.second)):
                yield ResourceDescriptor(
                    name=f"build/before/{entry.filename}/{build}",
                    digest=DigestSet(sha256=digest),
                    annotations={"role": "before-repacking"},
                )


def _environment(conditions: BuildConditions) -> dict[str, str | bool]:
    return {
        "role": "build-environment",
        "umask": conditions.umask,
        "timezone": conditions.timezone,
        "locale": conditions.locale,
        "hashSeed": conditions.hash_seed,
        "cpus": str(conditions.cpus),
        "user": conditions.user,
        "python": conditions.python,
        "zlib": conditions.zlib,
    }


def _comparison(entry: BuiltDistribution, role: str = "build-comparison") -> dict[str, str | bool]:
    outcome: dict[str, str | bool] = {} if entry.identical is None else {"identical": entry.identical}
    return {
        "role": role,
        "sha256": entry.sha256,
        "builtTwice": entry.built_twice,
        "normalised": entry.normalised,
        "differences": str(len(entry.differences)),
        **outcome,
    }


def _descriptor(name: str, sha256: str, annotations: dict[str, str | bool]) -> ResourceDescriptor:
    return ResourceDescriptor(
        name=name, digest=DigestSet(sha256=sha256), media_type=JSON_MEDIA_TYPE, annotations=annotations
    )
