# METADATA
# title: >-
#   The release has a provenance statement (in-toto, SLSA Provenance v1) that covers each of its files by digest.
# description: >-
#   Statement, subjects and parameters were checked.
# custom:
#   fix: >-
#     Run nox -s release.
#   otherwise: >-
#     There is no evidence of a provenance statement that covers every file of the release.
#   evidence: provenance
#   facts: builder commit
#   unknown: allowed
package sealwright.claims.provenance_published

import rego.v1

import data.sealwright.claims.lib as claims
import data.sealwright.lib

needs := array.concat(claims.sound, claims.once_sound([
	claims.need(
		claims.check_passes("provenance.statement"),
		"The provenance is no statement of the known kind.",
		"provenance.statement",
	),
	claims.need(
		claims.check_passes("provenance.subjects"),
		"The provenance does not cover exactly the files of the release.",
		"provenance.subjects",
	),
	claims.need(
		claims.check_passes("provenance.parameters"),
		"The provenance has parameters that are not known.",
		"provenance.parameters",
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
