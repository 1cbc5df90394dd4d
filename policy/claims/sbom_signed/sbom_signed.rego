# METADATA
# title: The SBOM is a signed attestation about the files of the release.
# description: The attestation contains the SBOM, names the files by digest, and its signature verifies.
# custom:
#   fix: Run nox -s release with [signing] configured.
#   otherwise: There is no evidence that the SBOM is signed.
#   evidence: attestations cyclonedx
#   facts: signers
package sealwright.claims.sbom_signed

import rego.v1

import data.sealwright.claims.lib as claims

needs := claims.of_sbom("cyclonedx", [claims.every_file_signed, claims.attestations_signed])
