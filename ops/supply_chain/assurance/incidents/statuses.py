"""Which releases an incident affects: by their SBOMs, by findings of their packages, and by the maintainers' statement.

The statement decides. Without one a release is affected if `check_releases` found it in the release, or the release is served with
changes; if its SBOM has a version for which a record has an open finding; and not affected if its SBOM has none of the packages.
Everything else is unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ops.supply_chain.contracts.files.incident import IncidentFacts, IncidentRelease, ReleaseStatus
from ops.supply_chain.contracts.values.finding import Finding
from ops.supply_chain.core.names import finding_package

AFFECTING = ("vulnerability.known", "malware.known")
"""Codes of findings that state that a version is affected."""

SHIPPED = ("vulnerability.shipped", "malware.shipped")
"""Codes of findings that name the releases, by their SBOMs."""

TAMPERED = ("shipped.served", "shipped.unverified", "shipped.changed")
"""Codes of findings that a release is not as it was made: the first about what customers get, the others about a copy."""

_STORE = "supply-chain"
"""Folder of retained releases: `supply-chain/COMPONENT/VERSION/FILE`."""


class InventoriedPackage(NamedTuple):
    """A version of a package in an SBOM, named as findings name it; `development` if it is no part of the product."""

    name: str
    version: str
    development: bool = False


class InventoriedRelease(NamedTuple):
    """A retained release: its packages, or why they are unknown. `purl` is the release's own, or empty."""

    version: str
    packages: tuple[InventoriedPackage, ...] = ()
    problem: str = ""
    purl: str = ""


def shipped_versions(finding: Finding) -> frozenset[str]:
    """Return the versions of the releases that a finding about shipped releases names."""
    if finding.code in TAMPERED:
        return frozenset({finding.version})
    if finding.code not in SHIPPED:
        return frozenset()
    parts = [path.split("/") for path in (finding.path, *finding.also_at)]
    return frozenset(part[-2] for part in parts if len(part) > 3 and part[-4] == _STORE)  # noqa: PLR2004


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
    """Return the packages concerned as findings name them, sorted: those of the findings, and the named one."""
    names = {finding_package(finding.package) for finding in findings if finding.package}
    return tuple(sorted(names | ({finding_package(package)} if package else set())))


def _status(release: InventoriedRelease, findings: Sequence[Finding], facts: IncidentFacts) -> IncidentRelease:
    names = {_folded(finding.package) for finding in findings}
    there = [package for package in release.packages if _folded(package.name) in names]
    status, reason = _decide(release, there, findings, facts)
    shown = tuple(sorted({f"{package.name} {package.version}".strip() for package in there}))
    return IncidentRelease(version=release.version, status=status, reason=reason, packages=shown, purl=release.purl)


def _decide(
    release: InventoriedRelease, there: list[InventoriedPackage], findings: Sequence[Finding], facts: IncidentFacts
) -> tuple[ReleaseStatus, str]:
    stated = {ReleaseStatus.AFFECTED: facts.affected, ReleaseStatus.FIXED: facts.fixed}
    for status, versions in stated.items():
        if release.version in versions:
            return status, "stated by the maintainers"
    named = [finding for finding in findings if release.version in shipped_versions(finding)]
    if named and not (there and all(package.development for package in there)):
        return _named(min(named, key=lambda finding: (bool(finding.waived_by), finding.code not in SHIPPED)))
    deciding = [finding for finding in findings if finding.code not in TAMPERED]
    if release.problem or not deciding:
        return ReleaseStatus.UNKNOWN, release.problem or "no record has a finding about it"
    if not there:
        return ReleaseStatus.NOT_AFFECTED, "its SBOM has none of the packages"
    product = [finding for package in there if not package.development for finding in _of(package, findings)]
    if any(finding.code in AFFECTING and not finding.waived_by for finding in product):
        return ReleaseStatus.AFFECTED, "a record has a finding for a version in its SBOM"
    return ReleaseStatus.UNKNOWN, _doubt(there, product)


def _named(finding: Finding) -> tuple[ReleaseStatus, str]:
    """Return what a finding means for a release that it names."""
    if finding.waived_by:
        return ReleaseStatus.UNKNOWN, "the finding is waived"
    if finding.code in SHIPPED:
        return ReleaseStatus.AFFECTED, "check_releases found it in this release"
    if finding.code == TAMPERED[0]:
        return ReleaseStatus.AFFECTED, "it is served with changes"
    return ReleaseStatus.UNKNOWN, "the copy that was checked is not as it was released"


def _folded(name: str) -> str:
    """Return the name of a package in the form in which two are compared: of other ecosystems without case, to miss none."""
    return finding_package(name).lower()


def _doubt(there: list[InventoriedPackage], product: list[Finding]) -> str:
    """Return why a release with the package is neither affected nor unaffected for certain."""
    if all(package.development for package in there):
        return "its SBOM has the package for development only"
    if any(finding.waived_by for finding in product):
        return "the finding is waived"
    return "no record has a finding that decides about the version in its SBOM"


def _of(package: InventoriedPackage, findings: Sequence[Finding]) -> list[Finding]:
    name = _folded(package.name)
    return [finding for finding in findings if _folded(finding.package) == name and finding.version == package.version]
