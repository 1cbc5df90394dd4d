# METADATA
# title: The SBOM gives each of CISA's 2026 minimum elements or states that it is unknown, and is signed.
# description: >-
#   The rules of the profile cisa-2026 were evaluated again on the released SBOM; the author's signature is the
#   attestation.
# custom:
#   fix: Run nox -s release, and fix what nox -s evaluate_policy names.
#   otherwise: There is no evidence that the SBOM gives each of CISA's 2026 minimum elements.
#   evidence: cyclonedx attestations
#   facts: components unknown_licences unknown_producers unknown_versions unknown_edges
package sealwright.claims.sbom_cisa_2026

import rego.v1

import data.claims.data.claims as limits
import data.sealwright.claims.lib as claims

needs := claims.of_sbom("cyclonedx", [
	claims.need(
		all_elements_given,
		[{"path": concat("/", ["release/policy", code]), "is": "value"} | some code in limits.cisa_rules],
		"An element is neither given nor stated as unknown.",
		"cisa-2026",
	),
	claims.every_file_signed,
	claims.attestations_signed,
])

default all_elements_given := false

all_elements_given if {
	count(limits.cisa_rules) > 0
	every code in limits.cisa_rules {
		claims.value(concat("/", ["release/policy", code])) == "pass"
	}
}
