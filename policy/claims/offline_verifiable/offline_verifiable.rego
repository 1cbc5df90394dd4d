# METADATA
# title: >-
#   Everything that it takes to verify the release without a network is part of it: signatures with their proofs,
#   and the trusted root.
# description: >-
#   The release was verified without a network; the trusted root that it carries is signed like its files.
# custom:
#   fix: >-
#     Run nox -s release with [signing] configured.
#   otherwise: >-
#     There is no evidence that the release can be verified without a network.
#   evidence: bundles root
#   facts: signatures
#   unknown: allowed
package sealwright.claims.offline_verifiable

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
		claims.of_release(["verification", "root_included"], false) == true,
		"The release carries no trusted root.",
		"root",
	),
	claims.need(
		claims.of_release(["verification", "logged"], -1) == claims.of_release(["verification", "signatures"], 0),
		"Not every signature has a proof of inclusion.",
		"log",
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
