# METADATA
# title: >-
#   The SBOM gives each of the minimum elements that CISA published in 2026, or says that it is unknown, and it is
#   signed.
# description: >-
#   The rules of the profile cisa-2026 were asked about the released SBOM again; the author's signature is the
#   attestation.
# custom:
#   fix: >-
#     Run nox -s generate_sbom and nox -s evaluate_policy, and mend what they name.
#   otherwise: >-
#     There is no evidence that the SBOM gives each of the minimum elements that CISA published in 2026.
#   evidence: cyclonedx attestations
#   facts: components unknown_licences unknown_producers unknown_versions unknown_edges
#   unknown: allowed
package sealwright.claims.sbom_cisa_2026

import rego.v1

import data.claims.data as settings
import data.sealwright.claims.lib as claims
import data.sealwright.lib

needs := array.concat(claims.sound, claims.once_sound(array.concat(claims.sbom("cyclonedx"), [
	claims.need(cisa_elements, "An element is neither given nor stated as unknown.", "cisa-2026"),
	claims.need(
		claims.of_release(["verification", "signed"], false) == true,
		"Not every file is signed.",
		"signatures",
	),
	claims.need(
		claims.check_passes("attestations.signed"),
		"An attestation is not signed, or does not say what the release says.",
		"attestations.signed",
	),
])))

default cisa_elements := false

cisa_elements if {
	count(settings.claims.cisa_rules) > 0
	every code in settings.claims.cisa_rules {
		claims.rule_passes(code) == true
	}
}

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
