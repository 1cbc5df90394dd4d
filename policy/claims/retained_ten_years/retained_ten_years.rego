# METADATA
# title: According to its manifest the release is retained for at least ten years, and until the end of its stated support period.
# description: >-
#   The manifest of the retained release, and [[support.versions]] of the configuration.
# custom:
#   fix: Set [compliance].cra_role to manufacturer and state the support period in [[support.versions]]; then run nox -s release.
#   otherwise: There is no evidence that the release is retained for ten years and until the end of a stated support period.
#   evidence: manifest config
#   facts: retained_until retained_days
package sealwright.claims.retained_ten_years

import rego.v1

import data.sealwright.claims.lib as claims

needs := claims.of_release([
	claims.is_at_least(
		"release/manifest/retained_years",
		claims.manufacturer_years,
		"It is retained for less than ten years.",
		"years",
	),
	claims.is_true(
		"release/manifest/covers_support",
		"No support period is stated for it, or it ends later.",
		"support",
	),
])
