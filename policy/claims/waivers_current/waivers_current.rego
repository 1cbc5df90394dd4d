# METADATA
# title: >-
#   No waiver has ended: what is accepted is accepted until a day that has not passed.
# description: >-
#   Every waiver of the configuration, and today's date.
# custom:
#   fix: >-
#     Remove, or renew with a reason, each waiver that has ended.
#   otherwise: >-
#     Waivers have ended or cannot be read: what they accepted is not accepted any more.
#   evidence: config
#   facts: waivers
#   unknown: allowed
package sealwright.claims.waivers_current

import rego.v1

import data.sealwright.claims.lib as claims
import data.sealwright.lib

needs := [
	claims.need(
		claims.of_project(["config"], false) == true,
		"There is no configuration to read waivers from.",
		"config",
	),
	claims.need(
		claims.of_project(["malformed_waivers"], -1) == 0,
		"A waiver lacks a reason, an owner or a date.",
		"waivers",
	),
	claims.need(claims.of_project(["ended_waivers"], -1) == 0, "A waiver has ended.", "ended"),
]

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
