# METADATA
# title: The SBOM states when and in which context it was generated, as CISA's 2026 minimum elements require.
# description: The rules of the profile cisa-2026 were evaluated again on the released SBOM.
# custom:
#   fix: Run nox -s release.
#   otherwise: There is no evidence that the SBOM states when and in which context it was generated.
#   evidence: cyclonedx
package sealwright.claims.cisa_timestamp_and_generation_context

import rego.v1

import data.sealwright.claims.lib as claims

needs := claims.of_sbom("cyclonedx", [
	claims.rule_passes("cisa-2026.timestamp"),
	claims.rule_passes("cisa-2026.generation_context"),
])
