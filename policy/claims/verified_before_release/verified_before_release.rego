# METADATA
# title: >-
#   By the report that is kept beside it, which is not signed, the release was verified as a customer verifies it before
#   it was retained.
# description: >-
#   The report of verify_release.py that is kept beside the release names these files, and verifies.
# custom:
#   fix: >-
#     Run nox -s release: it verifies what it signs, and keeps the report.
#   otherwise: >-
#     There is no evidence that the release was verified before it was retained.
#   evidence: kept checksums
#   unknown: allowed
package sealwright.claims.verified_before_release

import rego.v1

import data.sealwright.claims.lib as claims
import data.sealwright.lib

needs := array.concat(claims.sound, claims.once_sound(array.concat(claims.real, [
	claims.need(
		claims.of_release(["kept", "there"], false) == true,
		"No report of a verification is kept beside the release.",
		"kept",
	),
	claims.need(
		claims.of_release(["kept", "same"], false) == true,
		"No report that is kept is about exactly these files.",
		"kept",
	),
	claims.need(
		claims.of_release(["kept", "ruling"], "") == "pass",
		"No report that is kept says that the release verifies.",
		"kept",
	),
])))

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
