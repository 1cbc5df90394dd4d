# METADATA
# title: >-
#   The release contains the record of each stage that the policy evaluated, and the provenance names each by digest.
# description: Every record was compared with the provenance, and every released file with the records.
# custom:
#   fix: Run nox -s release.
#   otherwise: There is no evidence of what each stage of the release did.
#   evidence: gate provenance
#   facts: records
package sealwright.claims.records_published

import rego.v1

import data.sealwright.claims.lib as claims

needs := claims.of_release([
	claims.check_passes("gate.records", "The records are not those that the provenance names."),
	claims.check_passes("gate.origin", "No stage with a record wrote a released file."),
])
