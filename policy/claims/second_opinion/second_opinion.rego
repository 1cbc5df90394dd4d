# METADATA
# title: A second scanner (pip-audit) checked the same locks against the same advisories and agreed.
# description: check_vulnerabilities ran with --second-opinion.
# custom:
#   fix: Run nox -s release, which asks pip-audit too.
#   otherwise: There is no evidence that a second scanner checked the locks for vulnerabilities.
#   evidence: gate provenance
#   facts: pins
package sealwright.claims.second_opinion

import rego.v1

import data.sealwright.claims.lib as claims

needs := claims.of_gate("check_vulnerabilities", [
	claims.is_value(
		"release/records/check_vulnerabilities/options/second_opinion",
		"yes",
		"No second scanner was run.",
		"option",
	),
	claims.is_zero(
		"release/records/check_vulnerabilities/counts/disagreements",
		"The record does not show that the two scanners agree.",
		"disagreements",
	),
	claims.no_finding(
		"check_vulnerabilities",
		"vulnerability.second-opinion-not-examined",
		"The second scanner did not check everything.",
	),
	claims.no_finding("check_vulnerabilities", "vulnerability.disagreement", "The two scanners do not agree."),
])
