# METADATA
# title: The provenance is a signed attestation, and its signature verifies.
# description: The attestation contains the same bytes as the provenance, and its signature verifies.
# custom:
#   fix: Run nox -s release with [signing] configured.
#   otherwise: There is no evidence that the provenance is signed as an attestation.
#   evidence: attestations provenance
#   facts: signers
package sealwright.claims.provenance_attested

import rego.v1

import data.sealwright.claims.lib as claims

needs := claims.of_release([claims.every_file_signed, claims.attestations_signed])
