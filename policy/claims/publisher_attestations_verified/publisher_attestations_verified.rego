# METADATA
# title: >-
#   The index was asked for publish attestations (PEP 740) of every locked file, and each that it has verifies.
# description: >-
#   check_publishers looked at every file, some of them attested, and found nothing to tell.
# custom:
#   fix: >-
#     Run nox -s check_publishers where the Integrity API can be reached.
#   otherwise: >-
#     There is no evidence that the publish attestations of the locked files were verified.
#   evidence: gate provenance
#   facts: attested pins
#   unknown: allowed
package sealwright.claims.publisher_attestations_verified

import rego.v1

import data.sealwright.claims.lib as claims
import data.sealwright.lib

needs := array.concat(claims.sound, claims.once_sound(array.concat(claims.gate("check_publishers"), claims.after("check_publishers", [
	claims.need(claims.counted("check_publishers", "files") > 0, "There is no locked file.", "files"),
	claims.need(
		claims.counted("check_publishers", "files_examined") == claims.counted("check_publishers", "files"),
		"A file was not looked at.",
		"examined",
	),
	claims.need(
		claims.counted("check_publishers", "attested") > 0,
		"No locked version is attested.",
		"attested",
	),
	claims.need(
		claims.of_release(["records", "check_publishers", "open"], -1) == 0,
		"Something about a publisher stands.",
		"open",
	),
	claims.need(
		claims.of_release(["records", "check_publishers", "waived"], -1) == 0,
		"A finding about a publisher was accepted.",
		"waived",
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
