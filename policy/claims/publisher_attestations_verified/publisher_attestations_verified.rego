# METADATA
# title: >-
#   The index was queried for publish attestations (PEP 740) of every locked file, and each one that exists verifies.
# description: check_publishers examined every file, found attestations for some, and has no findings.
# custom:
#   fix: Run nox -s release where the Integrity API can be reached.
#   otherwise: There is no evidence that the publish attestations of the locked files were verified.
#   evidence: gate provenance
#   facts: attested pins
package sealwright.claims.publisher_attestations_verified

import rego.v1

import data.sealwright.claims.lib as claims

needs := claims.of_gate("check_publishers", [
	claims.is_positive("release/records/check_publishers/counts/files", "There is no locked file.", "files"),
	claims.are_equal(
		"release/records/check_publishers/counts/files_examined",
		"release/records/check_publishers/counts/files",
		"A file was not checked.",
		"examined",
	),
	claims.is_positive("release/records/check_publishers/counts/attested", "No locked version is attested.", "attested"),
	claims.is_zero("release/records/check_publishers/open", "A finding about a publisher is open.", "open"),
	claims.is_zero("release/records/check_publishers/waived", "A finding about a publisher is waived.", "waived"),
])
