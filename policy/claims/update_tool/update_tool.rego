# METADATA
# title: >-
#   A tool is configured that proposes newer versions of dependencies.
# description: >-
#   A configuration of Renovate lies in the project, or one of Dependabot for Python packages.
# custom:
#   fix: >-
#     Run nox -s adopt.
#   otherwise: >-
#     No tool that proposes newer versions is configured.
#   evidence: update_tool
#   unknown: allowed
package sealwright.claims.update_tool

import rego.v1

import data.sealwright.claims.lib as claims
import data.sealwright.lib

needs := [
	claims.need(
		claims.of_project(["update_tool"], false) == true,
		"No configuration of such a tool was found.",
		"tool",
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
