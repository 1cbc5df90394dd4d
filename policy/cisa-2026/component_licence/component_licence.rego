# METADATA
# title: Every component names its licence
# description: CISA 2026, Component License. Given, or stated as unknown.
# custom:
#   fix: Generate the SBOM again without --no-enrich; the licence comes from the package's metadata.
package sealwright.cisa_2026.component_licence

import rego.v1

import data.sealwright.lib
import data.sealwright.lib.elements

pass := {"examined": lib.documented_total, "unknown": sum(unknowns)} if {
	lib.sboms_given
	every sbom in input.sboms {
		elements.whole(sbom, "component_licence", count(sbom.components) + 1)
	}
}

deny := [lib.entry(concat("", [sbom.path, ": the licence is neither given nor stated as unknown"]), ref) |
	some sbom in input.sboms
	some ref in elements.missing(sbom, "component_licence")
]

unknowns := [elements.unknown(sbom, "component_licence") | some sbom in input.sboms]
