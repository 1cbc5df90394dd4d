# METADATA
# title: >-
#   By its manifest the release is retained for at least a year.
# description: >-
#   The manifest of the retained release.
# custom:
#   fix: >-
#     Set [retention].days to 365 or more, and run nox -s release.
#   otherwise: >-
#     There is no evidence that the release is retained for a year.
#   evidence: manifest
#   facts: retained_until retained_days
#   unknown: allowed
package sealwright.claims.retained_one_year

import rego.v1

import data.sealwright.claims.lib as claims
import data.sealwright.lib

needs := array.concat(claims.sound, claims.once_sound([
	claims.need(
		claims.of_release(["manifest", "retained_days"], -1) >= claims.retention_days,
		"It is retained for less than a year.",
		"days",
	),
]))

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
