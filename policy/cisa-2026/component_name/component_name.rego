# METADATA
# title: Every component has a name
# description: CISA 2026, Component Name.
# custom:
#   fix: Generate the SBOM again with generate_sbom.py.
package sealwright.cisa_2026.component_name

import rego.v1

import data.sealwright.lib
import data.sealwright.lib.elements

pass := {"examined": lib.documented_total, "unknown": sum(unknowns)} if {
	lib.sboms_given
	every sbom in input.sboms {
		elements.whole(sbom, "component_name", count(sbom.components) + 1)
	}
}

deny := [lib.entry(concat("", [sbom.path, ": the component has no name"]), ref) |
	some sbom in input.sboms
	some ref in elements.missing(sbom, "component_name")
]

unknowns := [elements.unknown(sbom, "component_name") | some sbom in input.sboms]
