# METADATA
# title: >-
#   The verdict names each rule file that it was reached by, with its digest.
# description: >-
#   The digest of the policy was computed again from the files that the verdict names.
# custom:
#   fix: >-
#     Run nox -s release.
#   otherwise: >-
#     There is no evidence of which rules the verdict was reached by.
#   evidence: gate provenance
#   facts: policy_files policy_sha256
#   unknown: allowed
package sealwright.claims.policy_rules_published

import rego.v1

import data.sealwright.claims.lib as claims
import data.sealwright.lib

needs := array.concat(claims.sound, claims.once_sound([
	claims.need(claims.of_release(["verdict", "files"], 0) > 0, "The verdict names no rule file.", "files"),
	claims.need(
		claims.of_release(["verdict", "digest_agrees"], false) == true,
		"The digest of the policy is not that of its files.",
		"digest",
	),
	claims.need(
		claims.check_passes("gate.records"),
		"The records are not those that the provenance names.",
		"gate.records",
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
