# METADATA
# title: >-
#   Every finding that is accepted has a reason, the day on which it was accepted and a last day.
# description: >-
#   Every waiver of the configuration was read.
# custom:
#   fix: >-
#     Mend each waiver that nox -s check_locks or nox -s check_vulnerabilities names.
#   otherwise: >-
#     There is no evidence that every accepted finding has a reason and a last day.
#   evidence: config
#   facts: waivers
#   unknown: allowed
package sealwright.claims.waivers_dated

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
