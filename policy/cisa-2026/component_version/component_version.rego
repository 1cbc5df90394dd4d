# METADATA
# title: Every component has a version
# description: CISA 2026, Component Version. Given, or stated as unknown.
# custom:
#   fix: Generate the SBOM again with generate_sbom.py.
package sealwright.cisa_2026.component_version

import rego.v1

import data.sealwright.lib
import data.sealwright.lib.elements

pass := {"examined": lib.documented_total, "unknown": sum(unknowns)} if {
	lib.sboms_given
	every sbom in input.sboms {
		elements.whole(sbom, "component_version", count(sbom.components) + 1)
	}
}

deny := [lib.entry(concat("", [sbom.path, ": the version is neither given nor stated as unknown"]), ref) |
	some sbom in input.sboms
	some ref in elements.missing(sbom, "component_version")
]

unknowns := [elements.unknown(sbom, "component_version") | some sbom in input.sboms]
