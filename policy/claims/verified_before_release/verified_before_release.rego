# METADATA
# title: >-
#   According to the unsigned report that is kept with it, the release was verified as a customer verifies it before
#   it was retained.
# description: The report of verify_release.py that is kept with the release names these files, and verifies.
# custom:
#   fix: >-
#     Run nox -s release: it verifies what it signs, and keeps the report.
#   otherwise: There is no evidence that the release was verified before it was retained.
#   evidence: kept checksums
package sealwright.claims.verified_before_release

import rego.v1

import data.sealwright.claims.lib as claims

needs := claims.of_real_release([
	claims.is_true("release/kept/there", "No report of a verification is kept with the release.", "kept"),
	claims.is_true("release/kept/same", "No report that is kept is about exactly these files.", "kept"),
	claims.is_value("release/kept/ruling", "pass", "No report that is kept states that the release verifies.", "kept"),
])
