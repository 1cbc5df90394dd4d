# METADATA
# title: >-
#   No vulnerability in the advisories that were used when the release was made affects a locked version.
# description: >-
#   check_vulnerabilities examined every locked version and found none, accepted or not.
# custom:
#   fix: >-
#     Upgrade what nox -s check_vulnerabilities names.
#   otherwise: >-
#     There is no evidence that the locked versions are free of known vulnerabilities.
#   evidence: gate vex
#   facts: pins advisories advisories_age_hours settled
#   unknown: allowed
package sealwright.claims.no_open_vulnerabilities

import rego.v1

import data.sealwright.claims.lib as claims
import data.sealwright.lib

needs := array.concat(claims.sound, claims.once_sound(array.concat(claims.gate("check_vulnerabilities"), claims.after("check_vulnerabilities", [
	claims.need(
		claims.counted("check_vulnerabilities", "known") == 0,
		"The record does not say that no known vulnerability affects a locked version.",
		"known",
	),
	claims.need(
		claims.counted("check_vulnerabilities", "undecided") == 0,
		"The record does not say that nothing is undecided.",
		"undecided",
	),
	claims.need(
		claims.counted("check_vulnerabilities", "disagreements") == 0,
		"The record does not say that nothing was found otherwise by a second matcher.",
		"disagreements",
	),
	claims.need(
		claims.open_findings("check_vulnerabilities", "vulnerability.known") + claims.waived_findings("check_vulnerabilities", "vulnerability.known") == 0,
		"A known vulnerability affects a locked version.",
		"vulnerability.known",
	),
	claims.need(
		claims.open_findings("check_vulnerabilities", "vulnerability.undecided") + claims.waived_findings("check_vulnerabilities", "vulnerability.undecided") == 0,
		"It is undecided whether a vulnerability affects a locked version.",
		"vulnerability.undecided",
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
