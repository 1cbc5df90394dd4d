# METADATA
# title: >-
#   No publisher of a direct dependency changed since it was recorded.
# description: >-
#   check_publishers compared each direct dependency with its recorded publisher and found nothing to tell, accepted
#   or not.
# custom:
#   fix: >-
#     Look at what nox -s check_publishers names, then record it with nox -s lock.
#   otherwise: >-
#     There is no evidence that the publishers of direct dependencies are those that were recorded.
#   evidence: gate archive
#   facts: direct
#   unknown: allowed
package sealwright.claims.publishers_unchanged

import rego.v1

import data.sealwright.claims.lib as claims
import data.sealwright.lib

needs := array.concat(claims.sound, claims.once_sound(array.concat(claims.gate("check_publishers"), claims.after("check_publishers", [
	claims.need(claims.counted("check_publishers", "direct") > 0, "There is no direct dependency.", "direct"),
	claims.need(
		claims.counted("check_publishers", "direct_examined") == claims.counted("check_publishers", "direct"),
		"The publisher of a direct dependency was not looked at.",
		"examined",
	),
	claims.need(
		claims.of_release(["records", "check_publishers", "open"], -1) == 0,
		"Something about a publisher stands.",
		"open",
	),
	claims.need(
		claims.of_release(["records", "check_publishers", "waived"], -1) == 0,
		"A change of a publisher was accepted.",
		"waived",
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
