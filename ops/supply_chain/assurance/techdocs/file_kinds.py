"""The kinds of released files, and the question that each answers during an incident."""

from __future__ import annotations

from typing import NamedTuple

from ops.supply_chain.contracts.files.manifest import Manifest, ManifestFile
from ops.supply_chain.contracts.values.release_naming import CONVENTIONAL_PROVENANCE, PROVENANCE_SUFFIX
from ops.supply_chain.contracts.values.signature_names import BUNDLE_SUFFIX, CONVENTIONAL_BUNDLE_SUFFIX


class FileKind(NamedTuple):
    """One kind of released file: the end of its name after `N-V-`, its title, and the question that it answers."""

    suffix: str
    title: str
    question: str


KINDS = (
    FileKind(
        "sbom.cdx.json", "SBOM, CycloneDX", "Which packages does the release contain, with which versions and hashes?"
    ),
    FileKind("sbom.spdx.json", "SBOM, SPDX 2.3", "The same, in SPDX 2.3."),
    FileKind("sbom.spdx3.json", "SBOM, SPDX 3.0.1", "The same, in SPDX 3.0.1."),
    FileKind(
        "evidence.tar.gz",
        "Evidence archive",
        "Which lock requires the package? Contains the locks, one SBOM per lock, and the publisher baselines.",
    ),
    FileKind("source.tar.gz", "Source archive", "What was released (for a project without locks)?"),
    FileKind(
        "gate.json",
        "Verdict and records",
        "What was checked before the release, with which data sources, and how old were they?",
    ),
    FileKind("vex.openvex.json", "VEX, OpenVEX", "Was the vulnerability known, and how was it assessed?"),
    FileKind("vex.cdx.json", "VEX, CycloneDX", "Was the vulnerability known, and how was it assessed?"),
    FileKind(
        "provenance.intoto.json",
        "Provenance",
        "From which commit and files was the release built, and by which builder?",
    ),
    FileKind("checksums.txt", "Checksums", "Are these the bytes that were released?"),
    FileKind(
        "sealwright-verify.pyz",
        "Stand-alone verifier",
        "Does the whole release verify? Check the verifier itself first: SECURITY.md has the commands.",
    ),
    FileKind(
        "trusted_root.json",
        "Trusted root",
        "Which authorities do the signatures chain to? Compare with a copy from another source before use.",
    ),
    FileKind("provenance.attestation.sigstore.json", "Signed provenance", "Who signed the provenance, and when?"),
    FileKind("sbom.attestation.sigstore.json", "Signed SBOM statement", "Who signed the SBOM, and when?"),
    FileKind("vex.attestation.sigstore.json", "Signed VEX statement", "Who signed the VEX, and when?"),
    FileKind(
        "verification.json",
        "Verification report by the producer",
        "What did the producer find when verifying the release? Not signed.",
    ),
    FileKind("verification.md", "Verification report by the producer", "The same, as Markdown. Not signed."),
    FileKind("verification.vsa.json", "Verification summary", "The same, as a SLSA verification summary. Not signed."),
)
SIGNATURE = FileKind(BUNDLE_SUFFIX, "Signature", "Who signed the file with this name, and when?")
PUBLISHED = FileKind(".publish.attestation", "Publish attestation", "Who attests that the distribution is published?")
OTHER = FileKind("", "Released file", "")


def kind_of(file: ManifestFile, manifest: Manifest) -> FileKind:
    """Return the kind of a released file."""
    rest = file.name.removeprefix(f"{manifest.component}-{manifest.version}-")
    if rest == CONVENTIONAL_PROVENANCE:
        rest = PROVENANCE_SUFFIX.removeprefix("-")
    elif rest.endswith(CONVENTIONAL_BUNDLE_SUFFIX):
        rest = rest.removesuffix(CONVENTIONAL_BUNDLE_SUFFIX) + BUNDLE_SUFFIX
    exact = next((kind for kind in KINDS if rest == kind.suffix), None)
    if exact is not None:
        return exact
    return next((kind for kind in (SIGNATURE, PUBLISHED) if rest.endswith(kind.suffix)), OTHER)
