# METADATA
# title: The evidence archive of the release has an SBOM for each lock.
# description: The archive's members were compared with its index, and counted against the locks.
# custom:
#   fix: Run nox -s release on a project with locks.
#   otherwise: There is no evidence of an SBOM for each lock.
#   evidence: archive gate
#   facts: locks
package sealwright.claims.sbom_per_lock

import rego.v1

import data.sealwright.claims.lib as claims

needs := claims.of_stage("generate_sbom", [
	claims.archive_intact,
	claims.lock_sboms_archived,
	claims.are_equal(
		"release/archive/lock_sboms",
		"release/records/generate_sbom/counts/locks",
		"The number of SBOMs is not that of the locks.",
		"locks",
	),
])
