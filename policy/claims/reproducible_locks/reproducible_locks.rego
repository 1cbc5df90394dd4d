# METADATA
# title: >-
#   Every lock was compiled again from its source with an empty cache, and came out the same, byte for byte below
#   its header.
# description: >-
#   check_locks ran with --reproducible and kept no pin of an earlier compile.
# custom:
#   fix: >-
#     Compile the locks with nox -s lock, then run nox -s release.
#   otherwise: >-
#     There is no evidence that every lock can be compiled again to the same bytes.
#   evidence: gate provenance
#   facts: locks
#   unknown: allowed
package sealwright.claims.reproducible_locks

import rego.v1

import data.sealwright.claims.lib as claims
import data.sealwright.lib

needs := array.concat(claims.sound, claims.once_sound(array.concat(claims.gate("check_locks"), claims.after("check_locks", [
	claims.need(
		claims.optioned("check_locks", "reproducible") == "yes",
		"The locks were not compiled with an empty cache.",
		"option",
	),
	claims.need(claims.counted("check_locks", "recompiled") > 0, "No lock was compiled again.", "recompiled"),
	claims.need(all_compiled, "A lock was not compiled again.", "compiled"),
	claims.need(
		claims.counted("check_locks", "reproducible") >= claims.counted("check_locks", "recompiled"),
		"A lock came out otherwise.",
		"reproducible",
	),
	claims.need(
		claims.counted("check_locks", "kept") == 0,
		"A lock comes out the same only with pins of an earlier compile.",
		"kept",
	),
	claims.need(
		claims.counted("check_locks", "drifted") == 0,
		"The record does not say that no lock has drifted.",
		"drifted",
	),
]))))

default all_compiled := false

all_compiled if claims.counted("check_locks", "recompiled") + claims.counted("check_locks", "empty") == claims.counted("check_locks", "locks")

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
