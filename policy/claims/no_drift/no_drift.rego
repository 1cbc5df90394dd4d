# METADATA
# title: >-
#   Every lock follows from its source: none has drifted.
# description: >-
#   check_locks compiled every lock again, or had its own tool check it.
# custom:
#   fix: >-
#     Compile the locks again: nox -s lock.
#   otherwise: >-
#     There is no evidence that every lock follows from its source.
#   evidence: gate provenance
#   facts: locks
#   unknown: allowed
package sealwright.claims.no_drift

import rego.v1

import data.sealwright.claims.lib as claims
import data.sealwright.lib

needs := array.concat(claims.sound, claims.once_sound(array.concat(claims.gate("check_locks"), claims.after("check_locks", [
	claims.need(
		claims.counted("check_locks", "drifted") == 0,
		"The record does not say that no lock has drifted.",
		"drifted",
	),
	claims.need(
		claims.open_findings("check_locks", "lock.drift") + claims.waived_findings("check_locks", "lock.drift") == 0,
		"A lock has drifted.",
		"lock.drift",
	),
	claims.need(
		claims.open_findings("check_locks", "lock.stale") + claims.waived_findings("check_locks", "lock.stale") == 0,
		"A lock is older than its source.",
		"lock.stale",
	),
	claims.need(
		claims.open_findings("check_locks", "lock.missing") + claims.waived_findings("check_locks", "lock.missing") == 0,
		"A lock is missing.",
		"lock.missing",
	),
	claims.need(
		claims.open_findings("check_locks", "lock.no-source") + claims.waived_findings("check_locks", "lock.no-source") == 0,
		"A lock has no source.",
		"lock.no-source",
	),
	claims.need(
		claims.open_findings("check_locks", "lock.unchecked") + claims.waived_findings("check_locks", "lock.unchecked") == 0,
		"A lock was not checked.",
		"lock.unchecked",
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
