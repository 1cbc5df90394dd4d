# METADATA
# title: >-
#   The release contains everything that its verification needs without a network: signatures with their inclusion
#   proofs, and the trusted root.
# description: The release was verified without a network; the trusted root in it is signed like its other files.
# custom:
#   fix: Run nox -s release with [signing] configured.
#   otherwise: There is no evidence that the release can be verified without a network.
#   evidence: bundles root
#   facts: signatures
package sealwright.claims.offline_verifiable

import rego.v1

import data.sealwright.claims.lib as claims

needs := claims.of_release([
	claims.every_file_signed,
	claims.is_true("release/verification/root_included", "The release contains no trusted root.", "root"),
	claims.every_signature_logged,
])
