# METADATA
# title: >-
#   The SBOM gives the licence of every component, or says that it is unknown.
# description: >-
#   The licences of all components were counted.
# custom:
#   fix: >-
#     Run nox -s generate_sbom with the index at hand.
#   otherwise: >-
#     There is no evidence that the SBOM gives the licence of every component.
#   evidence: cyclonedx
#   facts: components unknown_licences
#   unknown: allowed
package sealwright.claims.sbom_licences

import rego.v1

import data.sealwright.claims.lib as claims
import data.sealwright.lib

needs := array.concat(claims.sound, claims.once_sound(array.concat(claims.sbom("cyclonedx"), [
	claims.need(
		claims.elements_missing("component_licence") == 0,
		"A component has neither a value nor the word unknown.",
		"component_licence",
	),
	claims.need(
		claims.rule_passes("cisa-2026.component_licence"),
		"The rule cisa-2026.component_licence does not pass for the released SBOM.",
		"cisa-2026.component_licence",
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
