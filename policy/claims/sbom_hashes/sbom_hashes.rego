# METADATA
# title: >-
#   The SBOM gives a strong digest of every component that is fetched as a file.
# description: >-
#   The rule base.hashes was asked about the released SBOM again.
# custom:
#   fix: >-
#     Lock with hashes, then run nox -s release.
#   otherwise: >-
#     There is no evidence that the SBOM gives a digest of every component.
#   evidence: cyclonedx
#   facts: components
#   unknown: allowed
package sealwright.claims.sbom_hashes

import rego.v1

import data.sealwright.claims.lib as claims
import data.sealwright.lib

needs := array.concat(claims.sound, claims.once_sound(array.concat(claims.sbom("cyclonedx"), [
	claims.need(
		claims.rule_passes("base.hashes"),
		"The rule base.hashes does not pass for the released SBOM.",
		"base.hashes",
	),
	claims.need(
		claims.elements_missing("component_hash") == 0,
		"A component has neither a value nor the word unknown.",
		"component_hash",
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
