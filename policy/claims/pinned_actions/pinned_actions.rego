# METADATA
# title: >-
#   Every action that a workflow uses is pinned by a whole commit.
# description: >-
#   Every uses in the workflow files, and in actions of the project itself that they use.
# custom:
#   fix: >-
#     Pin each action by its commit, with the version in a comment.
#   otherwise: >-
#     There is no evidence that every action is pinned by commit.
#   evidence: workflows
#   facts: actions
#   unknown: allowed
package sealwright.claims.pinned_actions

import rego.v1

import data.sealwright.claims.lib as claims
import data.sealwright.lib

needs := [
	claims.need(claims.of_project(["workflows", "actions"], 0) > 0, "No workflow uses an action.", "actions"),
	claims.need(
		claims.of_project(["workflows", "pinned"], -1) == claims.of_project(["workflows", "actions"], 0),
		"An action is not pinned by commit.",
		"pinned",
	),
]

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
