# METADATA
# title: Every component has an identifier
# description: >-
#   CISA 2026, Component Identifiers. At least one purl, CPE, SWHID or OmniBOR identifier, or stated as
#   unknown.
# custom:
#   fix: Generate the SBOM again with generate_sbom.py.
package sealwright.cisa_2026.component_identifiers

import rego.v1

import data.sealwright.lib
import data.sealwright.lib.elements

pass := {"examined": lib.documented_total, "unknown": sum(unknowns)} if {
	lib.sboms_given
	every sbom in input.sboms {
		elements.whole(sbom, "component_identifiers", count(sbom.components) + 1)
	}
}

deny := [lib.entry(concat("", [sbom.path, ": no identifier is given, nor stated as unknown"]), ref) |
	some sbom in input.sboms
	some ref in elements.missing(sbom, "component_identifiers")
]

unknowns := [elements.unknown(sbom, "component_identifiers") | some sbom in input.sboms]
