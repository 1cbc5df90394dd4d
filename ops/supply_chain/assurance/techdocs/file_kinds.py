"""What each released file is, and which question it answers when something has happened."""

from __future__ import annotations

from typing import NamedTuple

from ops.supply_chain.contracts.files.manifest import Manifest, ManifestFile


class FileKind(NamedTuple):
    """A kind of released file: how its name goes on after `N-V-`, what it is, the question that it answers."""

    suffix: str
    title: str
    question: str


KINDS = (
    FileKind("sbom.cdx.json", "SBOM, CycloneDX", "Which packages are in it, at which versions, with which hashes?"),
    FileKind("sbom.spdx.json", "SBOM, SPDX 2.3", "The same, for tools that read SPDX 2.3."),
    FileKind("sbom.spdx3.json", "SBOM, SPDX 3.0.1", "The same, for tools that read SPDX 3.0.1."),
    FileKind(
        "evidence.tar.gz", "Evidence archive", "Which lock asked for it? The locks, an SBOM of each, the baselines."
    ),
    FileKind("source.tar.gz", "Source archive", "What was released, where nothing was locked?"),
    FileKind(
        "gate.json", "Verdict and records", "What was looked at before the release, against which feeds, how old?"
    ),
    FileKind("vex.openvex.json", "VEX, OpenVEX", "Was it known, and what was said of it?"),
    FileKind("vex.cdx.json", "VEX, CycloneDX", "Was it known, and what was said of it?"),
    FileKind("provenance.intoto.json", "Provenance", "From which commit was it made, by what, out of which files?"),
    FileKind("checksums.txt", "Checksums", "Are these the bytes that were released?"),
    FileKind("trusted_root.json", "Trusted root", "Whom do the signatures go back to? Compare it before you use it."),
    FileKind("provenance.attestation.sigstore.json", "Signed provenance", "Who signed the provenance, and when?"),
    FileKind("sbom.attestation.sigstore.json", "Signed SBOM statement", "Who signed the SBOM, and when?"),
    FileKind("vex.attestation.sigstore.json", "Signed VEX statement", "Who signed the VEX, and when?"),
    FileKind(
        "verification.json", "Verification, by its maker", "What did its maker find when verifying it? Not signed."
    ),
    FileKind("verification.md", "Verification, by its maker", "The same, to read. Not signed."),
    FileKind("verification.vsa.json", "Verification summary", "The same as a SLSA summary, not signed."),
)
SIGNATURE = FileKind(".sigstore.json", "Signature", "Who signed the file of that name, and when?")
OTHER = FileKind("", "Released file", "")


def kind_of(file: ManifestFile, manifest: Manifest) -> FileKind:
    """Return what a file of a release is."""
    rest = file.name.removeprefix(f"{manifest.component}-{manifest.version}-")
    exact = next((kind for kind in KINDS if rest == kind.suffix), None)
    if exact is not None:
        return exact
    return SIGNATURE if file.name.endswith(SIGNATURE.suffix) else OTHER
