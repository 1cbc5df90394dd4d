# METADATA
# title: The SBOM gives a strong digest of every component that is fetched as a file.
# description: The rule base.hashes was evaluated again on the released SBOM.
# custom:
#   fix: Lock with hashes, then run nox -s release.
#   otherwise: There is no evidence that the SBOM gives a digest of every component.
#   evidence: cyclonedx
#   facts: components
package sealwright.claims.sbom_hashes

import rego.v1

import data.sealwright.claims.lib as claims

needs := claims.of_sbom("cyclonedx", [
	claims.rule_passes("base.hashes"),
	claims.element_given("component_hash"),
])
