# METADATA
# title: >-
#   Every locked dependency is pinned by hash, or by a full commit where it comes from version control.
# description: >-
#   check_locks looked at every lock and found no entry without a usable hash, accepted or not.
# custom:
#   fix: >-
#     Compile the locks with hashes: nox -s lock.
#   otherwise: >-
#     There is no evidence that every locked dependency is pinned by hash.
#   evidence: gate provenance
#   facts: pins locks
#   unknown: allowed
package sealwright.claims.hash_pinned_locks

import rego.v1

import data.sealwright.claims.lib as claims
import data.sealwright.lib

needs := array.concat(claims.sound, claims.once_sound(array.concat(claims.gate("check_locks"), claims.after("check_locks", [
	claims.need(
		claims.open_findings("check_locks", "lock.unhashed") + claims.waived_findings("check_locks", "lock.unhashed") == 0,
		"An entry has no hash.",
		"lock.unhashed",
	),
	claims.need(
		claims.open_findings("check_locks", "lock.malformed-hash") + claims.waived_findings("check_locks", "lock.malformed-hash") == 0,
		"An entry has a malformed hash.",
		"lock.malformed-hash",
	),
	claims.need(
		claims.open_findings("check_locks", "lock.unknown-hash") + claims.waived_findings("check_locks", "lock.unknown-hash") == 0,
		"An entry has a hash of an unknown kind.",
		"lock.unknown-hash",
	),
	claims.need(
		claims.open_findings("check_locks", "lock.weak-hash") + claims.waived_findings("check_locks", "lock.weak-hash") == 0,
		"An entry has a weak hash only.",
		"lock.weak-hash",
	),
	claims.need(
		claims.open_findings("check_locks", "lock.mutable-source") + claims.waived_findings("check_locks", "lock.mutable-source") == 0,
		"An entry comes from a source that can change.",
		"lock.mutable-source",
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
