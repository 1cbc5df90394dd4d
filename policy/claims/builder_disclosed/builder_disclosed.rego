# METADATA
# title: >-
#   The provenance names the kind of machine that made the release.
# description: >-
#   Build type and builder are ones that docs/provenance.md describes.
# custom:
#   fix: >-
#     Run nox -s release.
#   otherwise: >-
#     There is no evidence of what made the release.
#   evidence: provenance
#   facts: builder
#   unknown: allowed
package sealwright.claims.builder_disclosed

import rego.v1

import data.sealwright.claims.lib as claims
import data.sealwright.lib

needs := array.concat(claims.sound, claims.once_sound([
	claims.need(
		claims.check_passes("provenance.builder"),
		"Build type or builder are not known.",
		"provenance.builder",
	),
	claims.need(
		claims.of_release(["provenance", "builder"], "") != "",
		"The provenance names no builder.",
		"builder",
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
