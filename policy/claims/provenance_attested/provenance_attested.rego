# METADATA
# title: >-
#   The provenance is a signed attestation, and its signature verifies.
# description: >-
#   The attestation holds the very bytes of the provenance, and its signature verifies.
# custom:
#   fix: >-
#     Run nox -s release with [signing] configured.
#   otherwise: >-
#     There is no evidence that the provenance is signed as an attestation.
#   evidence: attestations provenance
#   facts: signers
#   unknown: allowed
package sealwright.claims.provenance_attested

import rego.v1

import data.sealwright.claims.lib as claims
import data.sealwright.lib

needs := array.concat(claims.sound, claims.once_sound([
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
