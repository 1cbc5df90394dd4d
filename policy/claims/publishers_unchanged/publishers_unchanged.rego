# METADATA
# title: No publisher of a direct dependency changed since it was recorded.
# description: >-
#   check_publishers compared each direct dependency with its recorded publisher and has no findings, waived or not.
# custom:
#   fix: Review what nox -s check_publishers names, run what its findings advise, then nox -s release.
#   otherwise: There is no evidence that the publishers of direct dependencies are the recorded ones.
#   evidence: gate archive
#   facts: direct
package sealwright.claims.publishers_unchanged

import rego.v1

import data.sealwright.claims.lib as claims

needs := claims.of_gate("check_publishers", [
	claims.is_positive("release/records/check_publishers/counts/direct", "There is no direct dependency.", "direct"),
	claims.are_equal(
		"release/records/check_publishers/counts/direct_examined",
		"release/records/check_publishers/counts/direct",
		"The publisher of a direct dependency was not checked.",
		"examined",
	),
	claims.is_zero("release/records/check_publishers/open", "A finding about a publisher is open.", "open"),
	claims.is_zero("release/records/check_publishers/waived", "A change of a publisher is waived.", "waived"),
])
