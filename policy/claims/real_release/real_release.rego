# METADATA
# title: >-
#   A release was made and retained, and it verifies today.
# description: >-
#   The newest retained release is no rehearsal and was verified again.
# custom:
#   fix: >-
#     Run nox -s release.
#   otherwise: >-
#     No release was made so far that could be verified here.
#   evidence: provenance checksums
#   facts: version released
#   unknown: allowed
package sealwright.claims.real_release

import rego.v1

import data.sealwright.claims.lib as claims
import data.sealwright.lib

needs := array.concat(claims.sound, claims.once_sound(claims.real))

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
