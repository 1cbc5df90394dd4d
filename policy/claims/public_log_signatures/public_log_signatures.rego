# METADATA
# title: Every signature is in Sigstore's public transparency log, and the proof of its inclusion verifies.
# description: Every bundle was verified with its proof of inclusion against the trusted root of the public instance.
# custom:
#   fix: >-
#     Sign with the public instance: remove [signing].trust_config and run nox -s release.
#   otherwise: There is no evidence that the signatures are in a public transparency log.
#   evidence: bundles root
#   facts: signatures log_ids
package sealwright.claims.public_log_signatures

import rego.v1

import data.sealwright.claims.lib as claims

needs := claims.of_real_release([
	claims.every_file_signed,
	claims.is_true(
		"release/verification/public_root",
		"The signatures chain to another root than that of the public instance.",
		"root",
	),
	claims.every_signature_logged,
])
