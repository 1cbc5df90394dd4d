# METADATA
# title: >-
#   The release holds the record of each stage that the policy judged, and the provenance names each by digest.
# description: >-
#   Every record was held against the provenance, and every released file against the records.
# custom:
#   fix: >-
#     Run nox -s release.
#   otherwise: >-
#     There is no evidence of what each stage of the release did.
#   evidence: gate provenance
#   facts: records
#   unknown: allowed
package sealwright.claims.records_published

import rego.v1

import data.sealwright.claims.lib as claims
import data.sealwright.lib

needs := array.concat(claims.sound, claims.once_sound([
	claims.need(
		claims.check_passes("gate.records"),
		"The records are not those that the provenance names.",
		"gate.records",
	),
	claims.need(
		claims.check_passes("gate.origin"),
		"A released file was written by no stage that left a record.",
		"gate.origin",
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
