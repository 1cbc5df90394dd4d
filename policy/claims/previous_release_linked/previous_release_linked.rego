# METADATA
# title: The provenance names the previous release by digest, and that release is retained.
# description: The provenance of the previous release was compared with the digest.
# custom:
#   fix: Keep earlier releases under data/artifacts/; the second release is the first that has a previous one.
#   otherwise: There is no evidence that the provenance names a previous release.
#   evidence: provenance manifest
#   facts: previous
package sealwright.claims.previous_release_linked

import rego.v1

import data.sealwright.claims.lib as claims

needs := claims.of_release([
	claims.is_text("release/provenance/previous", "The provenance names no previous release.", "previous"),
	claims.check_passes("chain.previous", "No retained release is the one that the provenance names as previous."),
])
