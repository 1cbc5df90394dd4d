# METADATA
# title: >-
#   The release meets SLSA 1.2 Build Level 2: a hosted builder made and signed its provenance.
# description: >-
#   The level is the one that the verification shows for every file, never a higher one.
# custom:
#   fix: >-
#     Run nox -s release; levels above 1 need the provenance of a hosted builder (docs/provenance.md).
#   otherwise: >-
#     There is no evidence that the release meets SLSA Build Level 2.
#   evidence: provenance attestations
#   facts: slsa_level slsa_reason
#   unknown: allowed
package sealwright.claims.slsa_build_l2

import rego.v1

import data.sealwright.claims.lib as claims
import data.sealwright.lib

needs := array.concat(claims.sound, claims.once_sound(array.concat(claims.real, [
	claims.need(
		claims.of_release(["verification", "level"], 0) >= 2,
		"The verification shows less than Build Level 2.",
		"level",
	),
	claims.need(
		claims.check_passes("provenance.subjects"),
		"The provenance does not cover exactly the files of the release.",
		"provenance.subjects",
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
