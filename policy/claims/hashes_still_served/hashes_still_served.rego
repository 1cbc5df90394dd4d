# METADATA
# title: When the release was made, the index still served every recorded hash.
# description: check_hashes queried the index for every locked version.
# custom:
#   fix: Run nox -s release where the index can be reached.
#   otherwise: There is no evidence that the index still serves every recorded hash.
#   evidence: gate provenance
#   facts: hashes pins
package sealwright.claims.hashes_still_served

import rego.v1

import data.sealwright.claims.lib as claims

needs := claims.of_gate("check_hashes", [
	claims.is_false("release/records/check_hashes/offline", "The index was not queried.", "offline"),
	claims.is_positive("release/records/check_hashes/counts/hashes", "No hash is recorded.", "hashes"),
	claims.are_equal(
		"release/records/check_hashes/counts/served",
		"release/records/check_hashes/counts/hashes",
		"The record does not show that every recorded hash was served.",
		"served",
	),
	claims.no_finding("check_hashes", "hash.missing", "A recorded hash is no longer served."),
	claims.no_finding("check_hashes", "hash.replaced", "A file was replaced."),
	claims.no_finding("check_hashes", "hash.not-examined", "A version was not checked."),
])
