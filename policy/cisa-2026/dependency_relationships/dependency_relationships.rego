# METADATA
# title: Every component's dependencies are stated
# description: >-
#   CISA 2026, Dependency Relationship. Each component has its entry in the graph, or its dependencies
#   are stated as unknown.
# custom:
#   fix: Generate the SBOM again with generate_sbom.py.
package sealwright.cisa_2026.dependency_relationships

import rego.v1

import data.sealwright.lib
import data.sealwright.lib.elements

pass := {"examined": lib.documented_total, "unknown": sum(unknowns)} if {
	lib.sboms_given
	every sbom in input.sboms {
		elements.whole(sbom, "dependency_relationships", count(sbom.components) + 1)
	}
}

deny := [lib.entry(concat("", [sbom.path, ": the dependencies are neither given nor stated as unknown"]), ref) |
	some sbom in input.sboms
	some ref in elements.missing(sbom, "dependency_relationships")
]

unknowns := [elements.unknown(sbom, "dependency_relationships") | some sbom in input.sboms]
