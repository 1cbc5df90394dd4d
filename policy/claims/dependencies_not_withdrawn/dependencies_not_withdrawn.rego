# METADATA
# title: >-
#   When the release was made, no locked version was yanked, removed or quarantined on the index.
# description: >-
#   check_hashes asked the index about every locked version.
# custom:
#   fix: >-
#     Replace each version that nox -s check_hashes names.
#   otherwise: >-
#     There is no evidence that no locked version was withdrawn from the index.
#   evidence: gate provenance
#   facts: pins
#   unknown: allowed
package sealwright.claims.dependencies_not_withdrawn

import rego.v1

import data.sealwright.claims.lib as claims
import data.sealwright.lib

needs := array.concat(claims.sound, claims.once_sound(array.concat(claims.gate("check_hashes"), claims.after("check_hashes", [
	claims.need(
		claims.of_release(["records", "check_hashes", "offline"], true) == false,
		"The index was not asked.",
		"offline",
	),
	claims.need(
		claims.open_findings("check_hashes", "hash.yanked") + claims.waived_findings("check_hashes", "hash.yanked") == 0,
		"A locked version was yanked.",
		"hash.yanked",
	),
	claims.need(
		claims.open_findings("check_hashes", "hash.version-missing") + claims.waived_findings("check_hashes", "hash.version-missing") == 0,
		"A locked version was removed.",
		"hash.version-missing",
	),
	claims.need(
		claims.open_findings("check_hashes", "hash.project-missing") + claims.waived_findings("check_hashes", "hash.project-missing") == 0,
		"A project was removed.",
		"hash.project-missing",
	),
	claims.need(
		claims.open_findings("check_hashes", "hash.quarantined") + claims.waived_findings("check_hashes", "hash.quarantined") == 0,
		"A project is in quarantine.",
		"hash.quarantined",
	),
	claims.need(
		claims.open_findings("check_hashes", "hash.missing") + claims.waived_findings("check_hashes", "hash.missing") == 0,
		"A recorded hash is not served any more.",
		"hash.missing",
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
