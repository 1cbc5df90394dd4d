# METADATA
# title: >-
#   A second, independent matcher looked at the same locks and agreed.
# description: >-
#   check_vulnerabilities ran with --second-opinion (pip-audit).
# custom:
#   fix: >-
#     Run nox -s check_vulnerabilities -- --second-opinion.
#   otherwise: >-
#     There is no evidence of a second opinion on vulnerabilities.
#   evidence: gate provenance
#   facts: pins
#   unknown: allowed
package sealwright.claims.second_opinion

import rego.v1

import data.sealwright.claims.lib as claims
import data.sealwright.lib

needs := array.concat(claims.sound, claims.once_sound(array.concat(claims.gate("check_vulnerabilities"), claims.after("check_vulnerabilities", [
	claims.need(
		claims.optioned("check_vulnerabilities", "second_opinion") == "yes",
		"Nobody was asked for a second opinion.",
		"option",
	),
	claims.need(
		claims.counted("check_vulnerabilities", "disagreements") == 0,
		"The record does not say that the two agree.",
		"disagreements",
	),
	claims.need(
		claims.open_findings("check_vulnerabilities", "vulnerability.second-opinion-not-examined") + claims.waived_findings("check_vulnerabilities", "vulnerability.second-opinion-not-examined") == 0,
		"The second matcher did not look at everything.",
		"vulnerability.second-opinion-not-examined",
	),
	claims.need(
		claims.open_findings("check_vulnerabilities", "vulnerability.disagreement") + claims.waived_findings("check_vulnerabilities", "vulnerability.disagreement") == 0,
		"The two do not agree.",
		"vulnerability.disagreement",
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
