# METADATA
# title: According to its manifest the release is retained for at least a year.
# description: The manifest of the retained release.
# custom:
#   fix: Set [retention].days to 365 or more, and run nox -s release.
#   otherwise: There is no evidence that the release is retained for a year.
#   evidence: manifest
#   facts: retained_until retained_days
package sealwright.claims.retained_one_year

import rego.v1

import data.sealwright.claims.lib as claims

needs := claims.of_release([claims.is_at_least(
	"release/manifest/retained_days",
	claims.retention_days,
	"It is retained for less than a year.",
	"days",
)])
