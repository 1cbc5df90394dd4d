# METADATA
# title: >-
#   The release lists the SHA-256 of each of its files, in a form that sha256sum checks.
# description: >-
#   Each line of the checksums file was held against the files.
# custom:
#   fix: >-
#     Run nox -s release.
#   otherwise: >-
#     There is no evidence that the release lists the digests of its files.
#   evidence: checksums
#   facts: files
#   unknown: allowed
package sealwright.claims.checksums_published

import rego.v1

import data.sealwright.claims.lib as claims
import data.sealwright.lib

needs := array.concat(claims.sound, claims.once_sound([
	claims.need(
		claims.check_passes("files.listed"),
		"The checksums are not those of the files.",
		"files.listed",
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
