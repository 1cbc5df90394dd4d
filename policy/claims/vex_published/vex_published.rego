# METADATA
# title: For every known open vulnerability the release states whether it affects the project (VEX).
# description: The VEX documents were checked, and every package was checked against advisories when they were made.
# custom:
#   fix: Run nox -s release where the advisories can be reached.
#   otherwise: There is no evidence that every known open vulnerability is stated in VEX.
#   evidence: vex gate
#   facts: vex_statements
package sealwright.claims.vex_published

import rego.v1

import data.sealwright.claims.lib as claims

needs := claims.of_stage("generate_vex", [
	claims.is_positive("release/vex", "There is no VEX document.", "vex"),
	claims.check_passes("vex.current", "A VEX statement is newer than the release, or had expired by then."),
])
