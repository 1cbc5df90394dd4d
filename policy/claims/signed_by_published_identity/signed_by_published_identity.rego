# METADATA
# title: >-
#   Every signature is by an identity that the project publishes, and that was valid on the day of signing.
# description: >-
#   The certificate of every signature was held against [signing].identities.
# custom:
#   fix: >-
#     Write [[signing.identities]] and run nox -s release.
#   otherwise: >-
#     There is no evidence that the release is signed by an identity that the project publishes.
#   evidence: bundles config
#   facts: signers
#   unknown: allowed
package sealwright.claims.signed_by_published_identity

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
		claims.of_release(["verification", "published_identity"], false) == true,
		"The configuration names nobody who may sign.",
		"identities",
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
