# METADATA
# title: >-
#   Every file of the release is signed with Sigstore, and every signature verifies.
# description: >-
#   The release was verified again: a bundle lies beside each file, and each attestation is signed.
# custom:
#   fix: >-
#     Configure [signing] and run nox -s release.
#   otherwise: >-
#     There is no evidence that every file of the release is signed.
#   evidence: bundles checksums
#   facts: signers signatures
#   unknown: allowed
package sealwright.claims.signed_releases

import rego.v1

import data.sealwright.claims.lib as claims
import data.sealwright.lib

needs := array.concat(claims.sound, claims.once_sound([
	claims.need(
		claims.of_release(["verification", "signed"], false) == true,
		"Not every file is signed.",
		"signatures",
	),
	claims.need(claims.check_passes("files.signed"), "A signature does not verify.", "files.signed"),
	claims.need(
		claims.check_passes("attestations.signed"),
		"An attestation is not signed, or does not say what the release says.",
		"attestations.signed",
	),
	claims.need(
		claims.of_release(["verification", "signatures"], 0) > 0,
		"No file has a signature.",
		"signatures",
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
