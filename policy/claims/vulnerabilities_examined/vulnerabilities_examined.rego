# METADATA
# title: >-
#   Every locked dependency was looked up in an advisory database when the release was made.
# description: >-
#   check_vulnerabilities examined as many versions as are locked, and none was excused.
# custom:
#   fix: >-
#     Run nox -s release where the advisories can be reached, or give a snapshot with --advisories.
#   otherwise: >-
#     There is no evidence that every locked dependency was looked up for vulnerabilities.
#   evidence: gate provenance
#   facts: pins advisories advisories_age_hours
#   unknown: allowed
package sealwright.claims.vulnerabilities_examined

import rego.v1

import data.sealwright.claims.lib as claims
import data.sealwright.lib

needs := array.concat(claims.sound, claims.once_sound(array.concat(claims.gate("check_vulnerabilities"), claims.after("check_vulnerabilities", [
	claims.need(
		claims.of_release(["records", "check_vulnerabilities", "feeds"], 0) > 0,
		"No source of advisories is named.",
		"feeds",
	),
	claims.need(
		claims.counted("check_vulnerabilities", "unexamined_accepted") == 0,
		"The record does not say that no version was excused.",
		"accepted",
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
