# METADATA
# title: >-
#   Every workflow says which permissions its token has.
# description: >-
#   Every workflow file has permissions at its top.
# custom:
#   fix: >-
#     Write permissions at the top of each workflow.
#   otherwise: >-
#     There is no evidence that every workflow limits its token.
#   evidence: workflows
#   unknown: allowed
package sealwright.claims.restricted_workflows

import rego.v1

import data.sealwright.claims.lib as claims
import data.sealwright.lib

needs := [
	claims.need(claims.of_project(["workflows", "files"], 0) > 0, "There is no workflow.", "workflows"),
	claims.need(
		claims.of_project(["workflows", "restricted"], -1) == claims.of_project(["workflows", "files"], 0),
		"A workflow does not limit its token.",
		"permissions",
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
