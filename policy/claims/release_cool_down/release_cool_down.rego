# METADATA
# title: No dependency was younger than seven days when the source was committed.
# description: >-
#   Every lock records the time up to which releases were considered, was recompiled to the same pins, and has no
#   exception.
# custom:
#   fix: Compile the locks with nox -s lock and a cool-down of seven days or more.
#   otherwise: There is no evidence of how old dependencies were when they were locked.
#   evidence: archive gate
#   facts: cool_down_days locks
package sealwright.claims.release_cool_down

import rego.v1

import data.sealwright.claims.lib as claims

needs := claims.of_gate("check_locks", [
	claims.archive_intact,
	claims.no_drift,
	claims.is_value(
		"release/provenance/moment_from",
		"commit",
		"The timestamp that the locks were compared with is not that of the commit.",
		"moment",
	),
	claims.is_positive("release/cool_down/dated", "No lock records its timestamp.", "dated"),
	claims.is_zero("release/cool_down/undated", "A lock does not record its timestamp.", "undated"),
	claims.is_zero("release/cool_down/bypasses", "A lock has an exception from the cool-down.", "bypasses"),
	claims.is_at_least("release/cool_down/days", claims.cool_down_days, "A lock considered younger releases.", "days"),
])
