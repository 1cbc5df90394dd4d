# METADATA
# title: >-
#   The release says of every open vulnerability that was known whether it affects the project (VEX).
# description: >-
#   The VEX documents were checked, and every package was looked up when they were made.
# custom:
#   fix: >-
#     Run nox -s release where the advisories can be reached.
#   otherwise: >-
#     There is no evidence that every known open vulnerability is stated in VEX.
#   evidence: vex gate
#   facts: vex_statements
#   unknown: allowed
package sealwright.claims.vex_published

import rego.v1

import data.sealwright.claims.lib as claims
import data.sealwright.lib

needs := array.concat(claims.sound, claims.once_sound(array.concat(claims.stage("generate_vex"), claims.after("generate_vex", [
	claims.need(claims.of_release(["vex"], 0) > 0, "There is no VEX document.", "vex"),
	claims.need(
		claims.check_passes("vex.current"),
		"A VEX statement is from after the release, or had ended by then.",
		"vex.current",
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
