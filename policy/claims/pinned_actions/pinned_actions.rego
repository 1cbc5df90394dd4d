# METADATA
# title: Every action that a workflow uses is pinned by a full commit.
# description: Every uses in the workflow files, and in the project's own actions that they use.
# custom:
#   fix: Pin each action by its commit, with the version in a comment.
#   otherwise: There is no evidence that every action is pinned by commit.
#   evidence: workflows
#   facts: actions
package sealwright.claims.pinned_actions

import rego.v1

import data.sealwright.claims.lib as claims

needs := [
	claims.is_positive("project/workflows/actions", "No workflow uses an action.", "actions"),
	claims.are_equal("project/workflows/pinned", "project/workflows/actions", "An action is not pinned by commit.", "pinned"),
]
