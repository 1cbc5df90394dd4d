# METADATA
# title: >-
#   A vulnerability has a day by which it is dealt with, counted in business days from its severity.
# description: >-
#   [response] of the configuration, written there by the maintainers.
# custom:
#   fix: >-
#     Write [response] with critical_days and high_days.
#   otherwise: >-
#     The project promises no days within which a vulnerability is dealt with.
#   evidence: config
#   facts: critical_days high_days
#   unknown: allowed
package sealwright.claims.response_clock

import rego.v1

import data.sealwright.claims.lib as claims
import data.sealwright.lib

needs := [
	claims.need(
		claims.of_project(["response"], false) == true,
		"The configuration has no [response].",
		"response",
	),
	claims.need(
		claims.of_project(["critical_days"], -1) >= 0,
		"There is no target for critical vulnerabilities.",
		"critical",
	),
	claims.need(
		claims.of_project(["high_days"], -1) >= 0,
		"There is no target for high vulnerabilities.",
		"high",
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
