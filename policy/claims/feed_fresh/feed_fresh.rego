# METADATA
# title: The advisories were no older than 48 hours when the release was made.
# description: The age of each source in the record of check_vulnerabilities.
# custom:
#   fix: Run nox -s release where the advisories can be reached.
#   otherwise: There is no evidence of how old the advisories were when the release was made.
#   evidence: gate provenance
#   facts: advisories advisories_age_hours
package sealwright.claims.feed_fresh

import rego.v1

import data.sealwright.claims.lib as claims

needs := claims.of_stage("check_vulnerabilities", [
	claims.is_positive("release/records/check_vulnerabilities/feeds", "No source of advisories is named.", "feeds"),
	claims.is_zero("release/records/check_vulnerabilities/undated_feeds", "A source does not state its age.", "undated"),
	claims.is_at_least("release/records/check_vulnerabilities/oldest_feed_seconds", 0, "No source states its age.", "age"),
	claims.is_at_most(
		"release/records/check_vulnerabilities/oldest_feed_seconds",
		claims.feed_seconds,
		"The advisories were older than 48 hours.",
		"age",
	),
])
