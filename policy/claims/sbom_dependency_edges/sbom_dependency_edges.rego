# METADATA
# title: The SBOM states the dependencies of every component, direct and transitive.
# description: >-
#   Every component has an entry, every dependency is a component, and no dependencies are stated as unknown.
# custom:
#   fix: Run nox -s release where the index can be reached.
#   otherwise: There is no evidence that the SBOM states the dependencies of every component.
#   evidence: cyclonedx
#   facts: components
package sealwright.claims.sbom_dependency_edges

import rego.v1

import data.sealwright.claims.lib as claims

needs := claims.of_sbom("cyclonedx", [
	claims.element_given("dependency_relationships"),
	claims.is_zero(
		"release/sboms/cyclonedx/elements/dependency_relationships/unknown",
		"The dependencies of a component are unknown.",
		"dependency_relationships",
	),
	claims.rule_passes("base.edges"),
])
