"""Facts for documents: claims, configuration, waivers, and the files of the very release that the claims rest on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from ops.supply_chain.adapters.files.artifact_store import MANIFEST_NAME, STORE_FOLDER, ArtifactStore
from ops.supply_chain.adapters.files.project import SAFE_NAME
from ops.supply_chain.assurance.documents.facts import DeferredCve, DescribedFile, DocumentFacts, Example
from ops.supply_chain.contracts.files.claims import ClaimsReport, EvidenceSource
from ops.supply_chain.contracts.files.manifest import Manifest
from ops.supply_chain.contracts.files.verdict import GateFile
from ops.supply_chain.contracts.values.release_naming import CONVENTIONAL_PROVENANCE, CONVENTIONAL_SBOM, naming_of
from ops.supply_chain.contracts.values.signature_names import bundle_name, is_signature
from ops.supply_chain.core import canonical
from ops.supply_chain.core.commands import command
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.errors import InputError, UnavailableError
from ops.supply_chain.gather.assurance.claims.evaluate import claims_of
from ops.supply_chain.gather.assurance.documents.release_commands import verify_commands
from ops.supply_chain.gather.gates.outcome import today
from ops.supply_chain.inventory.comparison.compare import read_inventory
from ops.supply_chain.inventory.direct import direct_packages
from ops.supply_chain.release.assembly.layout import gate_name, report_names
from ops.supply_chain.release.retention.rules import by_configuration
from ops.supply_chain.risk.waivers.parse import parse_waivers
from ops.supply_chain.runner.arguments import DEFAULT_ARTIFACTS
from ops.supply_chain.runner.context import StageRun
from ops.supply_chain.runner.rehearsal_mode import is_rehearsal
from ops.supply_chain.trust.verification.file_kinds import VERIFIER

_PLAIN_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_DISTRIBUTION_SBOM = re.compile(
    r"(?:\A|-)sbom-(?P<kind>wheel|source)(?:-[A-Za-z0-9._+-]+)?\.(?P<format>cdx|spdx|spdx3)\.json"
)
_FORMATS = {"cdx": "CycloneDX", "spdx": "SPDX 2.3", "spdx3": "SPDX 3.0.1"}
_CONTENTS = {"wheel": "what a wheel contains and needs", "source": "what a source distribution contains and needs"}
_MEANINGS = (
    (".spdx3.json", "what was locked, as SPDX 3.0.1"),
    (".spdx.json", "what was locked, as SPDX 2.3"),
    ("-vex.openvex.json", "known vulnerabilities that were open, and their status, as OpenVEX"),
    ("-vex.cdx.json", "known vulnerabilities that were open, and their status, as CycloneDX VEX"),
    (".cdx.json", "what was locked, by name, version and hash, as CycloneDX"),
    ("-evidence.tar.gz", "one SBOM for each lock, the locks, the publisher baselines"),
    ("-source.tar.gz", "the source of a project without dependencies"),
    ("-gate.json", "the verdict of the release policy, and the record of every stage that it rests on"),
    ("-provenance.intoto.json", "what was made from which commit and by what, as SLSA provenance"),
    (CONVENTIONAL_PROVENANCE, "what was made from which commit and by what, as SLSA provenance"),
    ("-checksums.txt", "the SHA-256 of the released files"),
    (VERIFIER, "a program that verifies all of this, from one file"),
    (".whl", "the package, built"),
    (".tar.gz", "the package, as source"),
)


def among_real_releases(run: StageRun) -> StageRun:
    """Return a run that reads real releases, also during a rehearsal."""
    return msgspec.structs.replace(run, artifacts=DEFAULT_ARTIFACTS) if is_rehearsal() else run


def documents_report(run: StageRun, *, evidence: Path | None, rehearsals: bool) -> ClaimsReport:
    """Compute the claims that documents may make.

    Args:
        run: The stage's run.
        evidence: Folder of one retained release; None for the newest.
        rehearsals: Whether a rehearsal counts where there is no release.
    Raises:
        InputError: As `claims_of`.
        UnavailableError: Releases are retained, and the newest one cannot be determined.
    """
    report = claims_of(run, evidence=evidence, rehearsals=rehearsals)
    if report.source is None and run.project.name in ArtifactStore(run.artifacts).components():
        # "No release has been made" would be a lie here.
        raise UnavailableError(
            "releases of this project are retained, but the newest one cannot be determined",
            hint=f"Run {command('retention', '--verify')}, and restore damaged releases from a copy.",
        )
    return report


def facts_of(run: StageRun, report: ClaimsReport, *, evidence: Path | None) -> DocumentFacts:
    """Gather everything that documents are made from.

    Raises:
        InputError: The retained release that the claims rest on disappeared during the run.
        UsageError: The time zone of the waivers is invalid.
    """
    project, config = run.project, run.config
    facts = DocumentFacts(
        component=project.name,
        config=config,
        claims=report,
        today=run.now.date(),
        identities=config.signing.identities,
        deferred=tuple(_deferred(run)),
        licence=project.licence,
    )
    if report.source is None:
        return facts
    folder, manifest = _retained(run, report.source, evidence)
    idle = _without_effect(folder, manifest)
    deferred = tuple(waiver for waiver in facts.deferred if (waiver.id, waiver.package) not in idle)
    return _with_release(msgspec.structs.replace(facts, deferred=deferred), manifest, _example(folder, manifest))


def _without_effect(folder: Path, manifest: Manifest) -> set[tuple[str, str]]:
    """Return id and package of the waivers that waived nothing when the release was made."""
    path = folder / gate_name(manifest.component, manifest.version)
    if not path.is_file():
        return set()
    return {
        (alias, finding.package)
        for record in canonical.read(path, GateFile).records
        for finding in record.findings
        if finding.code == "waiver.unused"
        for alias in finding.aliases
    }


def _deferred(run: StageRun) -> Iterator[DeferredCve]:
    day = today(run, run.config)
    for waiver in parse_waivers(run.config)[0]:
        if waiver.date <= day <= waiver.expires:
            yield DeferredCve(
                id=waiver.id,
                package=waiver.package,
                versions=waiver.versions,
                reason=waiver.reason,
                since=waiver.date,
                until=waiver.expires,
                justification=waiver.justification,
            )


def _retained(run: StageRun, source: EvidenceSource, evidence: Path | None) -> tuple[Path, Manifest]:
    """Find the release by the digest of its manifest that the claims name, in the known folders only."""
    for folder in _folders(run, source, evidence):
        path = folder / MANIFEST_NAME
        if path.is_file():
            data = canonical.read_bytes(path)
            if sha256_bytes(data) == source.manifest_sha256:
                return folder, canonical.decode(data, Manifest, where=MANIFEST_NAME)
    raise InputError(
        "the retained release that the claims rest on was removed or changed during the run",
        hint="Do not change data/artifacts/ during a run; run again.",
    )


def _folders(run: StageRun, source: EvidenceSource, evidence: Path | None) -> Iterator[Path]:
    if evidence is not None:
        yield evidence.absolute()
    if SAFE_NAME.fullmatch(source.component) and SAFE_NAME.fullmatch(source.version):
        places = (run.artifacts, run.dist / "rehearsal" / "artifacts", DEFAULT_ARTIFACTS)
        for artifacts in places:
            yield artifacts / STORE_FOLDER / source.component / source.version


def _with_release(facts: DocumentFacts, manifest: Manifest, example: Example | None) -> DocumentFacts:
    names = [file.name for file in manifest.files]
    # What verifying found is kept beside the release, and no part of what a customer gets.
    kept = set(report_names(manifest.component, manifest.version).values())
    files = tuple(
        _released(name, names, manifest) for name in sorted(names) if not is_signature(name) and name not in kept
    )
    return msgspec.structs.replace(
        facts,
        files=files,
        assets=tuple(name for name in names if name not in kept),
        commands=verify_commands(facts, manifest, files, example),
        example=example,
        retained_until=by_configuration(facts.config)(manifest).isoformat(),
    )


def _released(name: str, names: Sequence[str], manifest: Manifest) -> DescribedFile:
    return DescribedFile(
        name=name,
        meaning=_meaning(name),
        signed=bundle_name(name, naming_of(names)) in names,
        sbom=name.startswith(f"{manifest.component}-{manifest.version}-sbom")
        or bool(CONVENTIONAL_SBOM.fullmatch(name)),
    )


def _meaning(name: str) -> str:
    if found := _DISTRIBUTION_SBOM.search(name):
        return f"{_CONTENTS[found['kind']]}, as {_FORMATS[found['format']]}"
    return next((text for suffix, text in _MEANINGS if name.endswith(suffix)), "")


def _example(folder: Path, manifest: Manifest) -> Example | None:
    """Return the package of the worked example: the first direct dependency that is shipped, else another package.

    Returns:
        None where the release has no CycloneDX SBOM that is as its manifest states, or it has no such package.
    """
    name = f"{manifest.component}-{manifest.version}-sbom.cdx.json"
    path = folder / name
    listed = next((file for file in manifest.files if file.name == name), None)
    if listed is None or not path.is_file() or sha256_bytes(canonical.read_bytes(path)) != listed.sha256:
        return None
    try:
        plain = canonical.load_plain(canonical.read_bytes(path), where=name)
        direct, inventory = direct_packages(plain, where=name).versions, read_inventory(plain, where=name)
    except InputError:
        return None
    found = [
        (item.scope == "excluded", item.name not in direct, item.name, item.version)
        for versions in inventory.items.values()
        for item in versions.values()
        if len(versions) == 1 and item.version and _PLAIN_NAME.fullmatch(item.name)
    ]
    return Example(*min(found)[2:]) if found else None
