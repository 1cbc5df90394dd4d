# METADATA
# title: Every component has a hash
# description: >-
#   CISA 2026, Hash Value and Hash Algorithm. Given, or stated as unknown. The root is exempt: it is
#   what is being released, and provenance has the digests of its files.
# custom:
#   fix: Generate the SBOM again with generate_sbom.py.
package sealwright.cisa_2026.component_hash

import rego.v1

import data.sealwright.lib
import data.sealwright.lib.elements

pass := {"examined": lib.components_total, "unknown": sum(unknowns)} if {
	lib.sboms_given
	every sbom in input.sboms {
		elements.whole(sbom, "component_hash", count(sbom.components))
	}
}

deny := [lib.entry(concat("", [sbom.path, ": no hash is given, nor stated as unknown"]), ref) |
	some sbom in input.sboms
	some ref in elements.missing(sbom, "component_hash")
]

unknowns := [elements.unknown(sbom, "component_hash") | some sbom in input.sboms]
