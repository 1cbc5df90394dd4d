# METADATA
# title: According to the advisories used when the release was made, no vulnerability affects a locked version.
# description: check_vulnerabilities examined every locked version and found none, waived or not.
# custom:
#   fix: Upgrade what nox -s check_vulnerabilities names.
#   otherwise: There is no evidence that the locked versions are free of known vulnerabilities.
#   evidence: gate vex
#   facts: pins advisories advisories_age_hours settled
package sealwright.claims.no_open_vulnerabilities

import rego.v1

import data.sealwright.claims.lib as claims

needs := claims.of_gate("check_vulnerabilities", [
	claims.is_zero(
		"release/records/check_vulnerabilities/counts/known",
		"The record does not show that no known vulnerability affects a locked version.",
		"known",
	),
	claims.is_zero(
		"release/records/check_vulnerabilities/counts/undecided",
		"The record does not show that no vulnerability is undecided.",
		"undecided",
	),
	claims.is_zero(
		"release/records/check_vulnerabilities/counts/disagreements",
		"The record does not show that a second scanner found nothing else.",
		"disagreements",
	),
	claims.no_finding("check_vulnerabilities", "vulnerability.known", "A known vulnerability affects a locked version."),
	claims.no_finding(
		"check_vulnerabilities",
		"vulnerability.undecided",
		"It is undecided whether a vulnerability affects a locked version.",
	),
])
