# METADATA
# title: The SBOM gives the licence of every component, or states that it is unknown.
# description: The licences of all components were counted.
# custom:
#   fix: Run nox -s release where the index can be reached.
#   otherwise: There is no evidence that the SBOM gives the licence of every component.
#   evidence: cyclonedx
#   facts: components unknown_licences
package sealwright.claims.sbom_licences

import rego.v1

import data.sealwright.claims.lib as claims

needs := claims.of_sbom("cyclonedx", [
	claims.element_given("component_licence"),
	claims.rule_passes("cisa-2026.component_licence"),
])
