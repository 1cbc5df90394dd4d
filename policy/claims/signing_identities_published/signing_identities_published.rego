# METADATA
# title: >-
#   The identities that may sign releases are published, each with the day since which it may.
# description: >-
#   [signing].identities of the configuration, of which one is valid today.
# custom:
#   fix: >-
#     Write [[signing.identities]] with identity, issuer and since.
#   otherwise: >-
#     The project publishes no identities that may sign releases, or not since when.
#   evidence: config
#   facts: identities
#   unknown: allowed
package sealwright.claims.signing_identities_published

import rego.v1

import data.sealwright.claims.lib as claims
import data.sealwright.lib

needs := [
	claims.need(
		claims.of_project(["identities"], 0) > 0,
		"The configuration names nobody who may sign today.",
		"identities",
	),
	claims.need(
		claims.of_project(["undated_identities"], -1) == 0,
		"An identity does not say since when it may sign.",
		"identities",
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
