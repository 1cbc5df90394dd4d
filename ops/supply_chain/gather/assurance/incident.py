"""Read what an incident draft rests on: findings in records, and the packages of every retained release.

Everything is local; nothing is fetched.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from ops.supply_chain.adapters.files.artifact_store import ArtifactStore
from ops.supply_chain.adapters.files.folders import files_in
from ops.supply_chain.assurance.incidents.statuses import TAMPERED, InventoriedPackage, InventoriedRelease
from ops.supply_chain.contracts.files.incident import AdvisoryPublisher, IncidentFacts, IncidentKind
from ops.supply_chain.contracts.files.manifest import HeldRelease, Manifest
from ops.supply_chain.contracts.files.record import Record
from ops.supply_chain.contracts.files.verdict import GateFile
from ops.supply_chain.contracts.values.finding import Finding
from ops.supply_chain.core import canonical
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.core.names import finding_package
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.formats.cyclonedx import CycloneDx
from ops.supply_chain.formats.markdown import is_web_address
from ops.supply_chain.formats.sbom import require_sbom
from ops.supply_chain.gather.assurance.review import read_releases, released_sbom
from ops.supply_chain.inventory.comparison.compare import read_inventory
from ops.supply_chain.inventory.comparison.inventory import NO_ECOSYSTEM, ListedPackage
from ops.supply_chain.release.assembly.layout import gate_name
from ops.supply_chain.risk.advisories.others import package_name
from ops.supply_chain.runner.context import StageRun
from ops.supply_chain.runner.dist_folder import SCAN_FOLDER
from ops.supply_chain.runner.stage import RECORDS_FOLDER

GATES = ("check_vulnerabilities", "check_malware", "check_releases")
"""Stages whose findings have the identifiers of advisories, or state that a release is not as it was made."""

_NOT_PART = "excluded"
"""CycloneDX's scope of what is for development only."""


class IncidentEvidence(NamedTuple):
    """The findings about an incident, sorted; all its names but the given one, sorted; and the releases in order."""

    findings: tuple[Finding, ...]
    aliases: tuple[str, ...]
    releases: tuple[InventoriedRelease, ...]


def read_evidence(run: StageRun, name: str, facts: IncidentFacts) -> IncidentEvidence:
    """Read findings and releases.

    Args:
        run: The stage's run.
        name: Identifier of the advisory, in any case.
        facts: What was stated. Of a severe incident the findings that releases are not as they were made belong to it: those about
            the affected releases, if any are stated.
    Raises:
        InputError: A record of the last run, or the list of pruned releases, is malformed.
    """
    store = ArtifactStore(run.artifacts)
    held = read_releases(store, run.project.name)
    kept = [(release, release.manifest) for release in held if release.manifest and not release.problems]
    records = [*_released_records(store, [manifest for _, manifest in kept]), *_last_records(run)]
    listed = [finding for record in records for finding in record.findings]
    findings = _about(listed, name, facts.package)
    if facts.kind is IncidentKind.INCIDENT:
        findings = tuple(sorted({*findings, *_tampered(listed, facts)}, key=lambda finding: finding.sort_key))
    names = {alias for finding in findings for alias in finding.aliases if alias.casefold() != name.casefold()}
    ordered = sorted(held, key=lambda release: (release.manifest.sequence if release.manifest else 0, release.version))
    return IncidentEvidence(findings, tuple(sorted(names)), tuple(_inventoried(store, release) for release in ordered))


def read_publisher(run: StageRun) -> AdvisoryPublisher:
    """Return who publishes advisories of the project, as far as the configuration and git state it."""
    config = run.config
    source = run.project.source
    github = f"https://github.com/{config.reporting.github}" if config.reporting.github else ""
    remote = source.remote.removesuffix(".git") if source else ""
    address = github or (remote if is_web_address(remote) else "")
    return AdvisoryPublisher(name=config.sbom.producer or config.sbom.author, address=address)


def _released_records(store: ArtifactStore, manifests: Iterable[Manifest]) -> Iterator[Record]:
    for manifest in manifests:
        name = gate_name(manifest.component, manifest.version)
        path = store.file(manifest.component, manifest.version, name)
        if name not in {file.name for file in manifest.files}:
            continue
        try:
            gate = canonical.read(path, GateFile)
        except InputError:  # another version of sealwright wrote it: it then states nothing that we can use
            continue
        yield from gate.records


def _last_records(run: StageRun) -> Iterator[Record]:
    folders = (run.dist / RECORDS_FOLDER, run.dist / SCAN_FOLDER / RECORDS_FOLDER)
    paths = [folder / name for folder in folders for name in files_in(folder) if _is_gate(Path(name))]
    for path in paths:
        record = canonical.read(path, Record)
        if record.component == run.project.name and record.outcome is not Outcome.NOT_EXAMINED:
            yield record


def _is_gate(path: Path) -> bool:
    return path.suffix == ".json" and path.stem in GATES


def _about(findings: Iterable[Finding], name: str, package: str) -> tuple[Finding, ...]:
    """Return the findings with a name, one for each code, package and version: the last."""
    wanted, only = name.casefold(), finding_package(package)
    found: dict[tuple[str, str, str, bool], Finding] = {}
    for finding in findings:
        names = {alias.casefold() for alias in finding.aliases}
        package = finding_package(finding.package)
        if wanted in names and (not only or package == only):
            # The last record wins: it is from the newest release, or from the run after it.
            found[finding.code, package, finding.version, bool(finding.waived_by)] = finding
    return tuple(sorted(found.values(), key=lambda finding: finding.sort_key))


def _tampered(findings: Iterable[Finding], facts: IncidentFacts) -> Iterator[Finding]:
    """Yield the open findings that a release is not as it was made."""
    for finding in findings:
        if (
            finding.code in TAMPERED
            and not finding.waived_by
            and finding.version in (facts.affected or (finding.version,))
        ):
            yield finding


def _inventoried(store: ArtifactStore, held: HeldRelease) -> InventoriedRelease:
    if held.manifest is None or held.problems:
        return InventoriedRelease(held.version, problem="the retained release is damaged")
    path = released_sbom(store, held.manifest)
    if path is None:
        return InventoriedRelease(held.version, problem="the retained release has no SBOM that can be read")
    try:
        plain = canonical.load_plain(canonical.read_bytes(path), where=path.name)
        inventory, document = read_inventory(plain, where=path.name), require_sbom(plain, where=path.name)
    except InputError:
        return InventoriedRelease(held.version, problem="the SBOM of the retained release cannot be read")
    root = document.root if isinstance(document, CycloneDx) else None
    packages = tuple(
        InventoriedPackage(_name(item), item.version, item.scope == _NOT_PART)
        for versions in inventory.items.values()
        for item in versions.values()
    )
    if not packages:
        return InventoriedRelease(held.version, problem="the SBOM of the retained release lists nothing")
    return InventoriedRelease(held.version, packages, purl=root.purl if root else "")


def _name(item: ListedPackage) -> str:
    """Return a package as findings name it."""
    ecosystem, name = item.key
    return item.name if ecosystem in ("pypi", NO_ECOSYSTEM) else package_name(ecosystem, name)
