# METADATA
# title: >-
#   The policy allowed the release: every rule in effect passed.
# description: The verdict in the release is the one that the provenance names.
# custom:
#   fix: Fix what nox -s evaluate_policy names.
#   otherwise: There is no evidence that the policy allowed the release.
#   evidence: gate provenance
#   facts: policy_rules policy_profiles
package sealwright.claims.policy_gate

import rego.v1

import data.sealwright.claims.lib as claims

needs := claims.of_release([
	claims.is_value("release/verdict/decision", "allow", "The verdict does not allow the release.", "decision"),
	claims.is_value("release/verdict/outcome", "pass", "The outcome of the verdict is not pass.", "outcome"),
	claims.is_positive("release/verdict/rules", "The verdict rests on no rule.", "rules"),
	claims.need(
		required_profiles_evaluated,
		[{"path": "release/verdict/profiles", "is": "profiles"}],
		"The profiles base and release were not both evaluated.",
		"profiles",
	),
	claims.is_zero("release/verdict/refused", "A rule did not pass.", "refused"),
	claims.check_passes("gate.verdict", "The verdict is not the one that the provenance names, or does not allow the release."),
])

default required_profiles_evaluated := false

required_profiles_evaluated if {
	profiles := claims.value("release/verdict/profiles")
	is_array(profiles)
	every profile in ["base", "release"] {
		profile in profiles
	}
}
