# METADATA
# title: When the release was made, no locked version was yanked, removed or quarantined on the index.
# description: check_hashes queried the index for every locked version.
# custom:
#   fix: Replace each version that nox -s check_hashes names.
#   otherwise: There is no evidence that no locked version was withdrawn from the index.
#   evidence: gate provenance
#   facts: pins
package sealwright.claims.dependencies_not_withdrawn

import rego.v1

import data.sealwright.claims.lib as claims

needs := claims.of_gate("check_hashes", [
	claims.is_false("release/records/check_hashes/offline", "The index was not queried.", "offline"),
	claims.no_finding("check_hashes", "hash.yanked", "A locked version was yanked."),
	claims.no_finding("check_hashes", "hash.version-missing", "A locked version was removed."),
	claims.no_finding("check_hashes", "hash.project-missing", "A project was removed."),
	claims.no_finding("check_hashes", "hash.quarantined", "A project is in quarantine."),
	claims.no_finding("check_hashes", "hash.missing", "A recorded hash is no longer served."),
])
