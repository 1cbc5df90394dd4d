"""Facts for documents: claims, configuration, waivers, and the files of the very release that the claims rest on."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from ops.supply_chain.adapters.files.artifact_store import MANIFEST_NAME, STORE_FOLDER, ArtifactStore
from ops.supply_chain.adapters.files.project import SAFE_NAME
from ops.supply_chain.assurance.documents.facts import DeferredCve, DescribedFile, DocumentFacts, VerifyCommands
from ops.supply_chain.contracts.config.signing import SigningIdentity
from ops.supply_chain.contracts.files.claims import ClaimsReport, EvidenceSource
from ops.supply_chain.contracts.files.manifest import Manifest
from ops.supply_chain.contracts.files.verdict import GateFile
from ops.supply_chain.contracts.values.predicate_types import PROVENANCE_TYPE, STATEMENT_TYPES
from ops.supply_chain.contracts.values.release_naming import (
    CONVENTIONAL_PROVENANCE,
    CONVENTIONAL_SBOM,
    ReleaseNaming,
    naming_of,
    provenance_name,
)
from ops.supply_chain.contracts.values.signature_names import (
    attestation_name,
    bundle_name,
    is_signature,
    publish_attestation_name,
)
from ops.supply_chain.core import canonical
from ops.supply_chain.core.commands import command
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.errors import InputError, UnavailableError
from ops.supply_chain.formats.wheel import parse_file_name
from ops.supply_chain.gather.assurance.claims.evaluate import claims_of
from ops.supply_chain.gather.gates.outcome import today
from ops.supply_chain.release.assembly.layout import checksums_name, gate_name, report_names
from ops.supply_chain.risk.waivers.parse import parse_waivers
from ops.supply_chain.runner.arguments import DEFAULT_ARTIFACTS
from ops.supply_chain.runner.context import StageRun
from ops.supply_chain.runner.rehearsal_mode import is_rehearsal
from ops.supply_chain.trust.signing.statements import documents
from ops.supply_chain.trust.verification import commands
from ops.supply_chain.trust.verification.file_kinds import VERIFIER, classify

SIGNED_CLAIM = "signed-releases"
"""The claim whose facts name who signed."""

_MEANINGS = (
    (".spdx3.json", "what was locked, as SPDX 3.0.1"),
    (".spdx.json", "what was locked, as SPDX 2.3"),
    ("-vex.openvex.json", "what is known of open vulnerabilities, as OpenVEX"),
    ("-vex.cdx.json", "what is known of open vulnerabilities, as CycloneDX VEX"),
    (".cdx.json", "what was locked, by name, version and hash, as CycloneDX"),
    ("-evidence.tar.gz", "one SBOM for each lock, the locks, the publisher baselines"),
    ("-source.tar.gz", "the source of a project without dependencies"),
    ("-gate.json", "the verdict of the policy and the record of every stage"),
    ("-provenance.intoto.json", "what was made from which commit and by what, as SLSA provenance"),
    (CONVENTIONAL_PROVENANCE, "what was made from which commit and by what, as SLSA provenance"),
    ("-checksums.txt", "the SHA-256 of the released files"),
    (".whl", "the package, built"),
    (".tar.gz", "the package, as source"),
)


def among_real_releases(run: StageRun) -> StageRun:
    """Return a run that reads real releases, also during a rehearsal."""
    return dataclasses.replace(run, artifacts=DEFAULT_ARTIFACTS) if is_rehearsal() else run


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
    return _with_release(msgspec.structs.replace(facts, deferred=deferred), manifest)


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


def _with_release(facts: DocumentFacts, manifest: Manifest) -> DocumentFacts:
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
        commands=_commands(facts, manifest, files),
        retained_until=manifest.retained_until,
    )


def _released(name: str, names: Sequence[str], manifest: Manifest) -> DescribedFile:
    return DescribedFile(
        name=name,
        meaning=next((text for suffix, text in _MEANINGS if name.endswith(suffix)), ""),
        signed=bundle_name(name, naming_of(names)) in names,
        sbom=name.startswith(f"{manifest.component}-{manifest.version}-sbom")
        or bool(CONVENTIONAL_SBOM.fullmatch(name)),
    )


def _naming(manifest: Manifest) -> ReleaseNaming:
    return naming_of({file.name for file in manifest.files})


def _commands(facts: DocumentFacts, manifest: Manifest, files: Sequence[DescribedFile]) -> VerifyCommands:
    names = {file.name for file in files}
    checksums = checksums_name(manifest.component, manifest.version)
    return VerifyCommands(
        checksums=(commands.checksums(checksums),) if checksums in names else (),
        signatures=tuple(_signatures(facts, manifest, files)),
        published=tuple(_published(facts, manifest)),
        pipeline=tuple(_pipeline(facts, manifest, files)),
        packages=tuple(_packages(facts, manifest)),
        reproduction=tuple(_reproduction(manifest, files)),
        affected=tuple(_affected(manifest, files)),
    )


def _signatures(facts: DocumentFacts, manifest: Manifest, files: Sequence[DescribedFile]) -> Iterator[str]:
    private = bool(facts.config.signing.trust_config)
    for signer in _signers(facts, manifest):
        who = commands.who(signer.identity, signer.identity_regex, signer.issuer)
        for file in files:
            if file.signed:
                yield commands.verify_file(
                    file.name, bundle_name(file.name, _naming(manifest)), who, private_root=private
                )
        for bundle, kind, subject in _attestations(manifest):
            yield commands.verify_attestation(subject, bundle, kind, who, private_root=private)


def _attestations(manifest: Manifest) -> Iterator[tuple[str, str, str]]:
    """Yield each signed statement about the files: its bundle, its predicate type in full, and a file that it is about."""
    component, version = manifest.component, manifest.version
    names = {file.name for file in manifest.files}
    subject = next(iter(classify(names).distributions), gate_name(component, version))
    chosen = documents(names, component=component, version=version)
    kinds = {
        "provenance": PROVENANCE_TYPE,
        **{document.what: document.predicate_type for document in chosen},
        **STATEMENT_TYPES,
    }
    for what, kind in kinds.items():
        bundle = attestation_name(component, version, what, naming_of(names))
        if bundle in names and subject in names:
            yield bundle, kind, subject


def _published(facts: DocumentFacts, manifest: Manifest) -> Iterator[str]:
    """Yield what checks the publish attestations with the index's own tool, which knows no private root and no pattern."""
    private, names = bool(facts.config.signing.trust_config), {file.name for file in manifest.files}
    attested = [name for name in sorted(names) if publish_attestation_name(name) in names]
    for signer in [] if facts.rehearsed else _signers(facts, manifest):
        for name in attested:
            if found := commands.verify_publish_attestation(name, signer.identity, private_root=private):
                yield found


def _signers(facts: DocumentFacts, manifest: Manifest) -> list[SigningIdentity]:
    """Return who signed, as the verification found it, else who may have on the day on which it was retained.

    Dates are ISO, so they compare as text.
    """
    day = manifest.retained_at[:10]
    allowed = [identity for identity in facts.identities if (identity.since or day) <= day <= (identity.until or day)]
    found = next((claim.facts.get("signers", "") for claim in facts.claims.claims if claim.id == SIGNED_CLAIM), "")
    named = [identity for identity in allowed if identity.identity and identity.identity in found.split(", ")]
    return named or allowed


IDENTITIES = "identities.toml"
"""A file that a customer writes: who may sign."""


def _pipeline(facts: DocumentFacts, manifest: Manifest, files: Sequence[DescribedFile]) -> Iterator[str]:
    """Yield what verifies everything at once on a customer's machine: with the verifier that is part of the release."""
    signers = _signers(facts, manifest)
    names = {file.name for file in files}
    if facts.rehearsed or VERIFIER not in names:
        return
    checksums = checksums_name(manifest.component, manifest.version)
    if checksums in names:
        yield from _check_verifier(facts, manifest, signers, files)
    if not any(file.signed for file in files):
        yield f"python3 {VERIFIER} --allow-unsigned ."
        return
    yield "python3 -m pip install sigstore msgspec"
    if len(signers) == 1 and signers[0].identity:
        who = f"--identity {commands.quoted(signers[0].identity)} --issuer {commands.quoted(signers[0].issuer)}"
        yield f"python3 {VERIFIER} {who} ."
    elif signers:
        yield f"cat > {IDENTITIES} <<'END'"
        for signer in signers:
            yield from _entry(signer)
        yield "END"
        yield f"python3 {VERIFIER} --identities {IDENTITIES} ."


def _packages(facts: DocumentFacts, manifest: Manifest) -> Iterator[str]:
    """Yield what compares the files that an index serves with this release; only if it was made for an index."""
    names = {file.name for file in manifest.files}
    signers = _signers(facts, manifest)
    private = bool(facts.config.signing.trust_config)
    if facts.rehearsed or private or VERIFIER not in names or not signers:
        return
    who = f"--identities {IDENTITIES}"
    if len(signers) == 1 and signers[0].identity:
        who = f"--identity {commands.quoted(signers[0].identity)} --issuer {commands.quoted(signers[0].issuer)}"
    attested = [name for name in sorted(names) if publish_attestation_name(name) in names]
    pinned: dict[str, None] = {}
    for name in attested:
        with suppress(ValueError):  # no index takes a file of such a name
            found = parse_file_name(name)
            pinned[f"{found.name}=={found.version}"] = None
    if pinned:
        yield "python3 -m pip install 'httpx[http2]'"
    for package in pinned:
        yield f"python3 {VERIFIER} --package {commands.quoted(package)} {who} --out verified-{package.partition('==')[0]} ."


def _check_verifier(
    facts: DocumentFacts, manifest: Manifest, signers: Sequence[SigningIdentity], files: Sequence[DescribedFile]
) -> Iterator[str]:
    """Yield what checks the verifier before it is run: the signed checksums, and its digest in them."""
    checksums, naming = checksums_name(manifest.component, manifest.version), _naming(manifest)
    if len(signers) == 1 and any(file.name == checksums and file.signed for file in files):
        who = commands.who(signers[0].identity, signers[0].identity_regex, signers[0].issuer)
        private = bool(facts.config.signing.trust_config)
        yield commands.verify_file(checksums, bundle_name(checksums, naming), who, private_root=private)
    yield commands.listed(VERIFIER, checksums)


def _entry(signer: SigningIdentity) -> Iterator[str]:
    """Write an identity as TOML: a basic string is JSON text (TOML 1.0, "Basic strings")."""
    values = msgspec.to_builtins(signer)
    yield "[[signing.identities]]"
    yield from (f"{key} = {json.dumps(value)}" for key, value in values.items() if value and key != "role")


def _reproduction(manifest: Manifest, files: Sequence[DescribedFile]) -> Iterator[str]:
    provenance = provenance_name(manifest.component, manifest.version, _naming(manifest))
    if provenance not in {file.name for file in files}:
        return
    yield command("reproduce", "--project", "CLONE", "--release", "FOLDER")


def _affected(manifest: Manifest, files: Sequence[DescribedFile]) -> Iterator[str]:
    for file in files:
        # Those of distributions name less than that of the release.
        if file.name.startswith(f"{manifest.component}-{manifest.version}-sbom.") and file.name.endswith(".cdx.json"):
            query = '.components[] | select(.name == $name) | "\\(.name) \\(.version)"'
            yield f"jq -r --arg name PACKAGE {commands.quoted(query)} {commands.quoted(file.name)}"
            break
    for file in files:
        if file.name.endswith("-vex.cdx.json"):
            query = ".vulnerabilities[]? | select(.id == $id or any(.references[]?; .id == $id)) | .analysis"
            yield f"jq --arg id CVE {commands.quoted(query)} {commands.quoted(file.name)}"
