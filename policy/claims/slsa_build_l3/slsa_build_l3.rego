# METADATA
# title: >-
#   The release meets SLSA 1.2 Build Level 3: an isolated hosted builder made and signed its provenance.
# description: The level is the one that the verification shows for every file, never a higher one.
# custom:
#   fix: Run nox -s release; levels above 1 need the provenance of a hosted builder (docs/provenance.md).
#   otherwise: There is no evidence that the release meets SLSA Build Level 3.
#   evidence: provenance attestations
#   facts: slsa_level slsa_reason
package sealwright.claims.slsa_build_l3

import rego.v1

import data.sealwright.claims.lib as claims

needs := claims.of_build_level(3)
