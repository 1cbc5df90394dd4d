"""Commands with which a customer checks one release: its real file names, its signers, and a package of it."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress

import msgspec

from ops.supply_chain.assurance.documents.facts import DescribedFile, DocumentFacts, Example, VerifyCommands
from ops.supply_chain.contracts.config.signing import SigningIdentity
from ops.supply_chain.contracts.files.manifest import Manifest
from ops.supply_chain.contracts.values.predicate_types import PROVENANCE_TYPE, STATEMENT_TYPES
from ops.supply_chain.contracts.values.release_naming import ReleaseNaming, naming_of, provenance_name
from ops.supply_chain.contracts.values.signature_names import attestation_name, bundle_name, publish_attestation_name
from ops.supply_chain.core.commands import command
from ops.supply_chain.formats.wheel import parse_file_name
from ops.supply_chain.release.assembly.layout import checksums_name, gate_name
from ops.supply_chain.trust.signing.statements import documents
from ops.supply_chain.trust.verification import commands
from ops.supply_chain.trust.verification.file_kinds import VERIFIER, classify

SIGNED_CLAIM = "signed-releases"
"""The claim whose facts name who signed."""


def _naming(manifest: Manifest) -> ReleaseNaming:
    return naming_of({file.name for file in manifest.files})


def verify_commands(
    facts: DocumentFacts, manifest: Manifest, files: Sequence[DescribedFile], example: Example | None
) -> VerifyCommands:
    """Return the commands for the files of one release.

    Args:
        facts: The values of the document, as far as they are known; identities and signers are read from them.
        manifest: The release's.
        files: Its files without signatures.
        example: A package of the release for the worked example; None for no example.
    """
    names = {file.name for file in files}
    checksums = checksums_name(manifest.component, manifest.version)
    return VerifyCommands(
        checksums=(commands.checksums(checksums),) if checksums in names else (),
        signatures=tuple(_signatures(facts, manifest, files)),
        signed_checksums=tuple(_file_signatures(facts, manifest, [file for file in files if file.name == checksums])),
        attested=tuple(_signed_provenance(facts, manifest)),
        traced=tuple(_traced(manifest, names)),
        published=tuple(_published(facts, manifest)),
        pipeline=tuple(_pipeline(facts, manifest, files)),
        packages=tuple(_packages(facts, manifest)),
        reproduction=tuple(_reproduction(manifest, files)),
        affected=tuple(_affected(manifest, files)),
        example=tuple(_affected(manifest, files, example.name))[:1] if example else (),
    )


def _signatures(facts: DocumentFacts, manifest: Manifest, files: Sequence[DescribedFile]) -> Iterator[str]:
    yield from _file_signatures(facts, manifest, files)
    private = bool(facts.config.signing.trust_config)
    for who in _expected(facts, manifest):
        for bundle, kind, subject in _attestations(manifest):
            yield commands.verify_attestation(subject, bundle, kind, who, private_root=private)


def _file_signatures(facts: DocumentFacts, manifest: Manifest, files: Sequence[DescribedFile]) -> Iterator[str]:
    private, naming = bool(facts.config.signing.trust_config), _naming(manifest)
    for who in _expected(facts, manifest):
        for file in files:
            if file.signed:
                yield commands.verify_file(file.name, bundle_name(file.name, naming), who, private_root=private)


def _signed_provenance(facts: DocumentFacts, manifest: Manifest) -> Iterator[str]:
    private = bool(facts.config.signing.trust_config)
    for who in _expected(facts, manifest):
        for bundle, kind, subject in _attestations(manifest):
            if kind == PROVENANCE_TYPE:
                yield commands.verify_attestation(subject, bundle, kind, who, private_root=private)


def _traced(manifest: Manifest, names: Collection[str]) -> Iterator[str]:
    """Yield what shows where the release comes from, in the words of its provenance."""
    provenance = provenance_name(manifest.component, manifest.version, _naming(manifest))
    if provenance in names:
        yield commands.subjects(provenance)
        yield commands.show(provenance, ".predicate.buildDefinition.externalParameters.source")
        yield commands.show(provenance, ".predicate.runDetails.builder.id")


def _expected(facts: DocumentFacts, manifest: Manifest) -> Iterator[str]:
    for signer in _signers(facts, manifest):
        yield commands.who(signer.identity, signer.identity_regex, signer.issuer)


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


def _affected(manifest: Manifest, files: Sequence[DescribedFile], package: str = "PACKAGE") -> Iterator[str]:
    for file in files:
        # Those of distributions name less than that of the release.
        if file.name.startswith(f"{manifest.component}-{manifest.version}-sbom.") and file.name.endswith(".cdx.json"):
            query = '.components[] | select(.name == $name) | "\\(.name) \\(.version)"'
            yield f"jq -r --arg name {commands.quoted(package)} {commands.quoted(query)} {commands.quoted(file.name)}"
            break
    for file in files:
        if file.name.endswith("-vex.cdx.json"):
            query = ".vulnerabilities[]? | select(.id == $id or any(.references[]?; .id == $id)) | .analysis"
            yield f"jq --arg id CVE {commands.quoted(query)} {commands.quoted(file.name)}"
