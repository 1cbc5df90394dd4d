# METADATA
# title: >-
#   No dependency was younger than seven days when the source was committed.
# description: >-
#   Every lock records up to which moment releases were considered, was compiled again to the same pins, and has no
#   exception.
# custom:
#   fix: >-
#     Compile the locks with nox -s lock and a cool-down of seven days or more.
#   otherwise: >-
#     There is no evidence of how old dependencies were when they were locked.
#   evidence: archive gate
#   facts: cool_down_days locks
#   unknown: allowed
package sealwright.claims.release_cool_down

import rego.v1

import data.sealwright.claims.lib as claims
import data.sealwright.lib

needs := array.concat(claims.sound, claims.once_sound(array.concat(claims.gate("check_locks"), claims.after("check_locks", [
	claims.need(
		claims.of_release(["archive", "intact"], false) == true,
		"The evidence archive does not hold exactly what its index names.",
		"archive",
	),
	claims.need(
		claims.counted("check_locks", "drifted") == 0,
		"The record does not say that no lock has drifted.",
		"drifted",
	),
	claims.need(
		claims.of_release(["provenance", "moment_from"], "") == "commit",
		"The moment that the locks were held against is not that of the commit.",
		"moment",
	),
	claims.need(claims.of_release(["cool_down", "dated"], 0) > 0, "No lock records its moment.", "dated"),
	claims.need(
		claims.of_release(["cool_down", "undated"], -1) == 0,
		"A lock does not record its moment.",
		"undated",
	),
	claims.need(
		claims.of_release(["cool_down", "bypasses"], -1) == 0,
		"A lock has an exception from the cool-down.",
		"bypasses",
	),
	claims.need(
		claims.of_release(["cool_down", "days"], -1) >= claims.cool_down_days,
		"A lock considered releases that were younger.",
		"days",
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
