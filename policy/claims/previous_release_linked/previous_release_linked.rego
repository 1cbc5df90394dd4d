# METADATA
# title: >-
#   The provenance names the release before this one by digest, and that release is retained.
# description: >-
#   The provenance of the release before was held against the digest.
# custom:
#   fix: >-
#     Keep earlier releases under data/artifacts/; the second release is the first that has one before it.
#   otherwise: >-
#     There is no evidence that the provenance names a release before this one.
#   evidence: provenance manifest
#   facts: previous
#   unknown: allowed
package sealwright.claims.previous_release_linked

import rego.v1

import data.sealwright.claims.lib as claims
import data.sealwright.lib

needs := array.concat(claims.sound, claims.once_sound([
	claims.need(
		claims.of_release(["provenance", "previous"], "") != "",
		"The provenance names no release before this one.",
		"previous",
	),
	claims.need(
		claims.check_passes("chain.previous"),
		"No retained release is the one that the provenance names as the one before.",
		"chain.previous",
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
