# METADATA
# title: >-
#   The provenance names the source commit of the release.
# description: >-
#   The source in the provenance's parameters.
# custom:
#   fix: >-
#     Make the release in a git checkout.
#   otherwise: >-
#     There is no evidence of which source commit the release was made from.
#   evidence: provenance
#   facts: commit source
#   unknown: allowed
package sealwright.claims.source_commit_recorded

import rego.v1

import data.sealwright.claims.lib as claims
import data.sealwright.lib

needs := array.concat(claims.sound, claims.once_sound([
	claims.need(
		claims.of_release(["provenance", "commit"], "") != "",
		"The provenance names no commit.",
		"commit",
	),
	claims.need(
		claims.check_passes("provenance.parameters"),
		"The provenance has parameters that are not known.",
		"provenance.parameters",
	),
]))

pass if {
	count(needs) > 0
	every one in needs {
		one.holds == true
	}
}

deny := [lib.entry(one.message, one.subject) |
	some one in needs
	one.holds == false
	one.unseen == false
]

unknown := [lib.entry(one.message, one.subject) |
	some one in needs
	one.holds == false
	one.unseen == true
]
