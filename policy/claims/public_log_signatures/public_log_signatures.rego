# METADATA
# title: >-
#   Every signature is in the public transparency log of Sigstore, and the proof of its inclusion verifies.
# description: >-
#   Every bundle was verified against the trusted root of the public instance, with its proof of inclusion.
# custom:
#   fix: >-
#     Sign with the public instance: leave [signing].trust_config out and run nox -s release.
#   otherwise: >-
#     There is no evidence that the signatures are in a public transparency log.
#   evidence: bundles root
#   facts: signatures log_ids
#   unknown: allowed
package sealwright.claims.public_log_signatures

import rego.v1

import data.sealwright.claims.lib as claims
import data.sealwright.lib

needs := array.concat(claims.sound, claims.once_sound(array.concat(claims.real, [
	claims.need(
		claims.of_release(["verification", "signed"], false) == true,
		"Not every file is signed.",
		"signatures",
	),
	claims.need(
		claims.of_release(["verification", "public_root"], false) == true,
		"The signatures go back to another root than that of the public instance.",
		"root",
	),
	claims.need(
		claims.of_release(["verification", "logged"], -1) == claims.of_release(["verification", "signatures"], 0),
		"Not every signature has a proof of inclusion.",
		"log",
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
