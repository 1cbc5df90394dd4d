# METADATA
# title: >-
#   The advisories were no older than 48 hours when the release was made.
# description: >-
#   The age of each source in the record of check_vulnerabilities.
# custom:
#   fix: >-
#     Run nox -s release where the advisories can be reached.
#   otherwise: >-
#     There is no evidence of how old the advisories were when the release was made.
#   evidence: gate provenance
#   facts: advisories advisories_age_hours
#   unknown: allowed
package sealwright.claims.feed_fresh

import rego.v1

import data.sealwright.claims.lib as claims
import data.sealwright.lib

needs := array.concat(claims.sound, claims.once_sound(array.concat(claims.stage("check_vulnerabilities"), claims.after("check_vulnerabilities", [
	claims.need(
		claims.of_release(["records", "check_vulnerabilities", "feeds"], 0) > 0,
		"No source of advisories is named.",
		"feeds",
	),
	claims.need(
		claims.of_release(["records", "check_vulnerabilities", "undated_feeds"], -1) == 0,
		"A source does not say how old it is.",
		"undated",
	),
	claims.need(
		claims.of_release(["records", "check_vulnerabilities", "oldest_feed_seconds"], -1) >= 0,
		"No source says how old it is.",
		"age",
	),
	claims.need(
		claims.of_release(["records", "check_vulnerabilities", "oldest_feed_seconds"], -1) <= claims.feed_seconds,
		"The advisories were older than 48 hours.",
		"age",
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
