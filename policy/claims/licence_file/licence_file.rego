# METADATA
# title: >-
#   The project has a licence file at its top.
# description: >-
#   The file lies there.
# custom:
#   fix: >-
#     Add a file LICENSE.
#   otherwise: >-
#     The project has no licence file at its top.
#   evidence: licence
#   unknown: allowed
package sealwright.claims.licence_file

import rego.v1

import data.sealwright.claims.lib as claims
import data.sealwright.lib

needs := [
	claims.need(claims.of_project(["licence_file"], false) == true, "No licence file was found.", "licence"),
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
