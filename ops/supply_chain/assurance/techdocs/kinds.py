"""What each released file is, and which question it answers when something has happened."""

from __future__ import annotations

from typing import NamedTuple

from ops.supply_chain.contracts.files.manifest import Manifest, ManifestFile


class Kind(NamedTuple):
    """A kind of released file: how its name goes on after `N-V-`, what it is, the question that it answers."""

    suffix: str
    title: str
    question: str


KINDS = (
    Kind("sbom.cdx.json", "SBOM, CycloneDX", "Which packages are in it, at which versions, with which hashes?"),
    Kind("sbom.spdx.json", "SBOM, SPDX 2.3", "The same, for tools that read SPDX 2.3."),
    Kind("sbom.spdx3.json", "SBOM, SPDX 3.0.1", "The same, for tools that read SPDX 3.0.1."),
    Kind("evidence.tar.gz", "Evidence archive", "Which lock asked for it? The locks, an SBOM of each, the baselines."),
    Kind("source.tar.gz", "Source archive", "What was released, where nothing was locked?"),
    Kind("gate.json", "Verdict and records", "What was looked at before the release, against which feeds, how old?"),
    Kind("vex.openvex.json", "VEX, OpenVEX", "Was it known, and what was said of it?"),
    Kind("vex.cdx.json", "VEX, CycloneDX", "Was it known, and what was said of it?"),
    Kind("provenance.intoto.json", "Provenance", "From which commit was it made, by what, out of which files?"),
    Kind("checksums.txt", "Checksums", "Are these the bytes that were released?"),
    Kind("trusted_root.json", "Trusted root", "Whom do the signatures go back to? Compare it before you use it."),
    Kind("provenance.attestation.sigstore.json", "Signed provenance", "Who signed the provenance, and when?"),
    Kind("sbom.attestation.sigstore.json", "Signed SBOM statement", "Who signed the SBOM, and when?"),
    Kind("vex.attestation.sigstore.json", "Signed VEX statement", "Who signed the VEX, and when?"),
    Kind("verification.json", "Verification, by its maker", "What did its maker find when verifying it? Not signed."),
    Kind("verification.md", "Verification, by its maker", "The same, to read. Not signed."),
    Kind("verification.vsa.json", "Verification summary", "The same as a SLSA summary, not signed."),
)
SIGNATURE = Kind(".sigstore.json", "Signature", "Who signed the file of that name, and when?")
OTHER = Kind("", "Released file", "")


def kind_of(file: ManifestFile, manifest: Manifest) -> Kind:
    """Return what a file of a release is."""
    rest = file.name.removeprefix(f"{manifest.component}-{manifest.version}-")
    exact = next((kind for kind in KINDS if rest == kind.suffix), None)
    if exact is not None:
        return exact
    return SIGNATURE if file.name.endswith(SIGNATURE.suffix) else OTHER
