# METADATA
# title: Every file of the release is signed with Sigstore, and every signature verifies.
# description: >-
#   The release was verified again: each file has a bundle, and each attestation is signed.
# custom:
#   fix: Configure [signing] and run nox -s release.
#   otherwise: There is no evidence that every file of the release is signed.
#   evidence: bundles checksums
#   facts: signers signatures
package sealwright.claims.signed_releases

import rego.v1

import data.sealwright.claims.lib as claims

needs := claims.of_release([
	claims.every_file_signed,
	claims.check_passes("files.signed", "A signature does not verify."),
	claims.attestations_signed,
	claims.is_positive("release/verification/signatures", "No file has a signature.", "signatures"),
])
