"""Which releases an incident affects: by their SBOMs, by findings of their packages, and by the maintainers' statement.

The statement decides. Without one a release is affected if its SBOM has a version for which a record has an open finding,
and not affected if its SBOM has none of the packages. Everything else is unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ops.supply_chain.contracts.files.incident import IncidentFacts, IncidentRelease, ReleaseStatus
from ops.supply_chain.contracts.values.finding import Finding
from ops.supply_chain.core.names import normalise

AFFECTING = ("vulnerability.known", "malware.known")
"""Codes of findings that state that a version is affected."""


class InventoriedPackage(NamedTuple):
    """A version of a package in an SBOM; `development` if it is no part of the product."""

    name: str
    version: str
    development: bool = False


class InventoriedRelease(NamedTuple):
    """A retained release: its packages, or why they are unknown. `purl` is the release's own, or empty."""

    version: str
    packages: tuple[InventoriedPackage, ...] = ()
    problem: str = ""
    purl: str = ""


def release_statuses(
    releases: Iterable[InventoriedRelease], findings: Sequence[Finding], facts: IncidentFacts
) -> tuple[IncidentRelease, ...]:
    """Return the status of each release.

    Args:
        releases: In order of release.
        findings: All findings about the incident.
        facts: The maintainers' statements; versions in them that are not among the releases come last.
    """
    known = {release.version: release for release in releases}
    stated = [version for version in (*facts.affected, *facts.fixed) if version not in known]
    rows = [*known.values(), *(InventoriedRelease(version, problem="is not retained") for version in stated)]
    return tuple(_status(release, findings, facts) for release in rows)


def concerned_packages(findings: Iterable[Finding], package: str) -> tuple[str, ...]:
    """Return the PEP 503 names of the packages concerned, sorted: those of the findings, and the named one."""
    names = {normalise(finding.package) for finding in findings if finding.package}
    return tuple(sorted(names | ({normalise(package)} if package else set())))


def _status(release: InventoriedRelease, findings: Sequence[Finding], facts: IncidentFacts) -> IncidentRelease:
    names = {normalise(finding.package) for finding in findings}
    there = [package for package in release.packages if normalise(package.name) in names]
    status, reason = _decide(release, there, findings, facts)
    shown = tuple(sorted({f"{package.name} {package.version}".strip() for package in there}))
    return IncidentRelease(version=release.version, status=status, reason=reason, packages=shown, purl=release.purl)


def _decide(
    release: InventoriedRelease, there: list[InventoriedPackage], findings: Sequence[Finding], facts: IncidentFacts
) -> tuple[ReleaseStatus, str]:
    if release.version in facts.affected:
        return ReleaseStatus.AFFECTED, "stated by the maintainers"
    if release.version in facts.fixed:
        return ReleaseStatus.FIXED, "stated by the maintainers"
    if release.problem or not findings:
        return ReleaseStatus.UNKNOWN, release.problem or "no record has a finding about it"
    if not there:
        return ReleaseStatus.NOT_AFFECTED, "its SBOM has none of the packages"
    product = [finding for package in there if not package.development for finding in _of(package, findings)]
    if any(finding.code in AFFECTING and not finding.waived_by for finding in product):
        return ReleaseStatus.AFFECTED, "a record has a finding for a version in its SBOM"
    return ReleaseStatus.UNKNOWN, _doubt(there, product)


def _doubt(there: list[InventoriedPackage], product: list[Finding]) -> str:
    """Return why a release with the package is neither affected nor unaffected for certain."""
    if all(package.development for package in there):
        return "its SBOM has the package for development only"
    if any(finding.waived_by for finding in product):
        return "the finding is waived"
    return "no record has a finding that decides about the version in its SBOM"


def _of(package: InventoriedPackage, findings: Sequence[Finding]) -> list[Finding]:
    name = normalise(package.name)
    return [
        finding for finding in findings if normalise(finding.package) == name and finding.version == package.version
    ]
