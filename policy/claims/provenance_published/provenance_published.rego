# METADATA
# title: The release has a provenance statement (in-toto, SLSA Provenance v1) that covers each of its files by digest.
# description: Statement, subjects and parameters were checked.
# custom:
#   fix: Run nox -s release.
#   otherwise: There is no evidence of a provenance statement that covers every file of the release.
#   evidence: provenance
#   facts: builder commit
package sealwright.claims.provenance_published

import rego.v1

import data.sealwright.claims.lib as claims

needs := claims.of_release([
	claims.check_passes("provenance.statement", "The provenance is not a statement of the known kind."),
	claims.provenance_covers_all,
	claims.check_passes("provenance.parameters", "The provenance has unknown parameters."),
])
