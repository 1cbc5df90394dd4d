# METADATA
# title: A file of every locked version was downloaded from the index, and its bytes had the recorded hash.
# description: check_hashes ran with --bytes, which downloads all of them; with --bytes=changed it does not.
# custom:
#   fix: Run nox -s release where the index can be reached, without --bytes=changed.
#   otherwise: There is no evidence that the files of the locked versions were downloaded and hashed.
#   evidence: gate provenance
#   facts: bytes_files pins
package sealwright.claims.bytes_verified

import rego.v1

import data.sealwright.claims.lib as claims

option := "release/records/check_hashes/options/bytes"

# What retained releases had verified was not downloaded again, so nothing is known of what the index sends today.
downloaded := "Only files that no retained release had verified were downloaded (--bytes=changed)." if {
	claims.value(option) == "changed"
} else := "No file was downloaded."

needs := claims.of_gate("check_hashes", [
	claims.is_value(option, "yes", downloaded, "option"),
	claims.is_at_least_as_many(
		"release/records/check_hashes/counts/files",
		"release/records/check_hashes/counts/locked",
		"For a locked version no file was downloaded.",
		"files",
	),
	claims.no_finding("check_hashes", "hash.bytes-differ", "The bytes of a file do not have the recorded hash."),
	claims.no_finding("check_hashes", "hash.not-examined", "A version was not checked."),
])
