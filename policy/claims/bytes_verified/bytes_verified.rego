# METADATA
# title: >-
#   A file of every locked version was downloaded from the index, and its bytes had the recorded hash.
# description: >-
#   check_hashes ran with --bytes.
# custom:
#   fix: >-
#     Run nox -s check_hashes -- --bytes with the index at hand.
#   otherwise: >-
#     There is no evidence that the bytes of the locked versions were looked at.
#   evidence: gate provenance
#   facts: bytes_files pins
#   unknown: allowed
package sealwright.claims.bytes_verified

import rego.v1

import data.sealwright.claims.lib as claims
import data.sealwright.lib

needs := array.concat(claims.sound, claims.once_sound(array.concat(claims.gate("check_hashes"), claims.after("check_hashes", [
	claims.need(claims.optioned("check_hashes", "bytes") == "yes", "No file was downloaded.", "option"),
	claims.need(
		claims.counted("check_hashes", "files") >= claims.counted("check_hashes", "locked"),
		"There is a locked version of which no file was downloaded.",
		"files",
	),
	claims.need(
		claims.open_findings("check_hashes", "hash.bytes-differ") + claims.waived_findings("check_hashes", "hash.bytes-differ") == 0,
		"The bytes of a file are others.",
		"hash.bytes-differ",
	),
	claims.need(
		claims.open_findings("check_hashes", "hash.not-examined") + claims.waived_findings("check_hashes", "hash.not-examined") == 0,
		"A version was not looked at.",
		"hash.not-examined",
	),
]))))

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
