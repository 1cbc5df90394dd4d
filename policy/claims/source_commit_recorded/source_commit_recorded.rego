# METADATA
# title: The provenance names the source commit of the release.
# description: The source in the provenance's parameters.
# custom:
#   fix: Make the release in a git checkout.
#   otherwise: There is no evidence of which source commit the release was made from.
#   evidence: provenance
#   facts: commit source
package sealwright.claims.source_commit_recorded

import rego.v1

import data.sealwright.claims.lib as claims

needs := claims.of_release([
	claims.is_text("release/provenance/commit", "The provenance names no commit.", "commit"),
	claims.check_passes("provenance.parameters", "The provenance has unknown parameters."),
])
