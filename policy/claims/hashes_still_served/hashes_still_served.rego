# METADATA
# title: >-
#   When the release was made, the index still served every recorded hash.
# description: >-
#   check_hashes asked the index about every locked version.
# custom:
#   fix: >-
#     Run nox -s check_hashes with the index at hand.
#   otherwise: >-
#     There is no evidence that the index still serves every recorded hash.
#   evidence: gate provenance
#   facts: hashes pins
#   unknown: allowed
package sealwright.claims.hashes_still_served

import rego.v1

import data.sealwright.claims.lib as claims
import data.sealwright.lib

needs := array.concat(claims.sound, claims.once_sound(array.concat(claims.gate("check_hashes"), claims.after("check_hashes", [
	claims.need(
		claims.of_release(["records", "check_hashes", "offline"], true) == false,
		"The index was not asked.",
		"offline",
	),
	claims.need(claims.counted("check_hashes", "hashes") > 0, "No hash is recorded.", "hashes"),
	claims.need(
		claims.counted("check_hashes", "served") == claims.counted("check_hashes", "hashes"),
		"The record does not say that every recorded hash was served.",
		"served",
	),
	claims.need(
		claims.open_findings("check_hashes", "hash.missing") + claims.waived_findings("check_hashes", "hash.missing") == 0,
		"A recorded hash is not served any more.",
		"hash.missing",
	),
	claims.need(
		claims.open_findings("check_hashes", "hash.replaced") + claims.waived_findings("check_hashes", "hash.replaced") == 0,
		"A file was replaced.",
		"hash.replaced",
	),
	claims.need(
		claims.open_findings("check_hashes", "hash.not-examined") + claims.waived_findings("check_hashes", "hash.not-examined") == 0,
		"A version was not looked at.",
		"hash.not-examined",
	),
]))))

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
