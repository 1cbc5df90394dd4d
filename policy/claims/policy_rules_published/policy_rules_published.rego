# METADATA
# title: The verdict names each rule file that it rests on, with its digest.
# description: The digest of the policy was recomputed from the files that the verdict names.
# custom:
#   fix: Run nox -s release.
#   otherwise: There is no evidence of which rules the verdict rests on.
#   evidence: gate provenance
#   facts: policy_files policy_sha256
package sealwright.claims.policy_rules_published

import rego.v1

import data.sealwright.claims.lib as claims

needs := claims.of_release([
	claims.is_positive("release/verdict/files", "The verdict names no rule file.", "files"),
	claims.is_true("release/verdict/digest_agrees", "The digest of the policy is not that of its files.", "digest"),
	claims.check_passes("gate.records", "The records are not those that the provenance names."),
])
