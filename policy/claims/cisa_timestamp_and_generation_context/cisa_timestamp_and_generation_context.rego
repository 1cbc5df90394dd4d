# METADATA
# title: >-
#   The SBOM says when it was made and in which context, as CISA's minimum elements of 2026 ask.
# description: >-
#   The rules of the profile cisa-2026 were asked about the released SBOM again.
# custom:
#   fix: >-
#     Run nox -s generate_sbom.
#   otherwise: >-
#     There is no evidence that the SBOM says when it was made and in which context.
#   evidence: cyclonedx
#   unknown: allowed
package sealwright.claims.cisa_timestamp_and_generation_context

import rego.v1

import data.sealwright.claims.lib as claims
import data.sealwright.lib

needs := array.concat(claims.sound, claims.once_sound(array.concat(claims.sbom("cyclonedx"), [
	claims.need(
		claims.rule_passes("cisa-2026.timestamp"),
		"The rule cisa-2026.timestamp does not pass for the released SBOM.",
		"cisa-2026.timestamp",
	),
	claims.need(
		claims.rule_passes("cisa-2026.generation_context"),
		"The rule cisa-2026.generation_context does not pass for the released SBOM.",
		"cisa-2026.generation_context",
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
