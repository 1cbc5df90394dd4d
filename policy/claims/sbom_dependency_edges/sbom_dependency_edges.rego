# METADATA
# title: >-
#   The SBOM says of every component on which others it depends, directly or through others.
# description: >-
#   Every component has an entry, none leads nowhere, and none is stated as unknown.
# custom:
#   fix: >-
#     Run nox -s generate_sbom with the index at hand.
#   otherwise: >-
#     There is no evidence that the SBOM says how all components depend on each other.
#   evidence: cyclonedx
#   facts: components
#   unknown: allowed
package sealwright.claims.sbom_dependency_edges

import rego.v1

import data.sealwright.claims.lib as claims
import data.sealwright.lib

needs := array.concat(claims.sound, claims.once_sound(array.concat(claims.sbom("cyclonedx"), [
	claims.need(
		claims.elements_missing("dependency_relationships") == 0,
		"A component has neither a value nor the word unknown.",
		"dependency_relationships",
	),
	claims.need(
		claims.elements_unknown("dependency_relationships") == 0,
		"It is unknown on what a component depends.",
		"dependency_relationships",
	),
	claims.need(
		claims.rule_passes("base.edges"),
		"The rule base.edges does not pass for the released SBOM.",
		"base.edges",
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
