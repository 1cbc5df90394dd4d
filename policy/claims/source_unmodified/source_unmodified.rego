# METADATA
# title: >-
#   The provenance says that the release was made from its commit as it is, without any change that was not
#   committed.
# description: >-
#   The provenance states whether the folder differed from the commit.
# custom:
#   fix: >-
#     Commit or remove every change, then run nox -s release.
#   otherwise: >-
#     There is no evidence that the release was made from a commit without further changes.
#   evidence: provenance
#   facts: commit
#   unknown: allowed
package sealwright.claims.source_unmodified

import rego.v1

import data.sealwright.claims.lib as claims
import data.sealwright.lib

needs := array.concat(claims.sound, claims.once_sound([
	claims.need(
		claims.of_release(["provenance", "commit"], "") != "",
		"The provenance names no commit.",
		"commit",
	),
	claims.need(
		claims.of_release(["provenance", "clean"], false) == true,
		"The provenance does not say that the folder was as the commit has it.",
		"source",
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
