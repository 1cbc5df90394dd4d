# METADATA
# title: Every locked dependency was checked against an advisory database when the release was made.
# description: check_vulnerabilities examined as many versions as are locked, with no exception.
# custom:
#   fix: Run nox -s release where the advisories can be reached, or give a snapshot with --advisories.
#   otherwise: There is no evidence that every locked dependency was checked for vulnerabilities.
#   evidence: gate provenance
#   facts: pins advisories advisories_age_hours
package sealwright.claims.vulnerabilities_examined

import rego.v1

import data.sealwright.claims.lib as claims

needs := claims.of_gate("check_vulnerabilities", [
	claims.is_positive("release/records/check_vulnerabilities/feeds", "No source of advisories is named.", "feeds"),
	claims.is_zero(
		"release/records/check_vulnerabilities/counts/unexamined_accepted",
		"The record does not show that every version was checked without exception.",
		"accepted",
	),
])
