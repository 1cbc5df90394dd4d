# METADATA
# title: >-
#   The project names a private way to report a vulnerability.
# description: >-
#   [reporting] of the configuration.
# custom:
#   fix: >-
#     Write [reporting] with github, url or email.
#   otherwise: >-
#     The project names no private way to report a vulnerability.
#   evidence: config
#   unknown: allowed
package sealwright.claims.private_reporting

import rego.v1

import data.sealwright.claims.lib as claims
import data.sealwright.lib

needs := [
	claims.need(
		claims.of_project(["private_channel"], false) == true,
		"The configuration names no private channel.",
		"reporting",
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
