# METADATA
# title: >-
#   Each retained release but the first names the one before it by digest, and that one is retained or was pruned
#   after its time.
# description: >-
#   The manifests of all retained releases were held against each other.
# custom:
#   fix: >-
#     Look at nox -s retention -- --verify, and restore what is missing from a copy.
#   otherwise: >-
#     There is no evidence that no retained release is missing or changed.
#   evidence: manifest
#   facts: releases
#   unknown: allowed
package sealwright.claims.retention_chain_intact

import rego.v1

import data.sealwright.claims.lib as claims
import data.sealwright.lib

needs := array.concat(claims.sound, claims.once_sound([
	claims.need(
		claims.of_release(["manifest", "chain_intact"], false) == true,
		"The chain of retained releases is broken.",
		"chain",
	),
	claims.need(claims.of_release(["manifest", "releases"], 0) > 0, "No release is retained.", "releases"),
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
