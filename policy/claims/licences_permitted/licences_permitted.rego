# METADATA
# title: >-
#   The policy permits every licence that a component states.
# description: >-
#   The rule licences.permitted was asked about the released SBOM again, by the lists of today.
# custom:
#   fix: >-
#     Replace what nox -s evaluate_policy names, or permit its licence in [policy].
#   otherwise: >-
#     There is no evidence that every stated licence is permitted.
#   evidence: cyclonedx
#   facts: components unknown_licences
#   unknown: allowed
package sealwright.claims.licences_permitted

import rego.v1

import data.sealwright.claims.lib as claims
import data.sealwright.lib

needs := array.concat(claims.sound, claims.once_sound(array.concat(claims.sbom("cyclonedx"), [
	claims.need(
		claims.rule_passes("licences.permitted"),
		"The rule licences.permitted does not pass for the released SBOM.",
		"licences.permitted",
	),
])))

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
