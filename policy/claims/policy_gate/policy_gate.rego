# METADATA
# title: >-
#   The policy allowed the release: every rule passed.
# description: >-
#   The verdict in the release is the one that the provenance names.
# custom:
#   fix: >-
#     Mend what nox -s evaluate_policy names.
#   otherwise: >-
#     There is no evidence that the policy allowed the release.
#   evidence: gate provenance
#   facts: policy_rules policy_profiles
#   unknown: allowed
package sealwright.claims.policy_gate

import rego.v1

import data.sealwright.claims.lib as claims
import data.sealwright.lib

needs := array.concat(claims.sound, claims.once_sound([
	claims.need(
		claims.of_release(["verdict", "decision"], "") == "allow",
		"The verdict is not to allow.",
		"decision",
	),
	claims.need(claims.of_release(["verdict", "outcome"], "") == "pass", "The verdict is no pass.", "outcome"),
	claims.need(claims.of_release(["verdict", "rules"], 0) > 0, "The verdict was reached by no rule.", "rules"),
	claims.need(
		{"base", "release"} - {one | some one in claims.of_release(["verdict", "profiles"], [])} == set(),
		"The profiles base and release were not both asked.",
		"profiles",
	),
	claims.need(claims.of_release(["verdict", "refused"], -1) == 0, "A rule did not pass.", "refused"),
	claims.need(
		claims.check_passes("gate.verdict"),
		"The verdict is not the one that the provenance names, or does not allow.",
		"gate.verdict",
	),
]))

pass if {
	count(needs) > 0
	every one in needs {
		one.holds == true
	}
}

deny := [lib.entry(one.message, one.subject) |
	some one in needs
	one.holds == false
	one.unseen == false
]

unknown := [lib.entry(one.message, one.subject) |
	some one in needs
	one.holds == false
	one.unseen == true
]
