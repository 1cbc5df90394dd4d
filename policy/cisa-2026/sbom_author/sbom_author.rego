# METADATA
# title: The SBOM names its author
# description: CISA 2026, SBOM Author. The entity that produced the SBOM (not the tool) is named, or stated as unknown.
# custom:
#   fix: Set [sbom].author in .security-config.toml and generate the SBOM again.
package sealwright.cisa_2026.sbom_author

import rego.v1

import data.sealwright.lib
import data.sealwright.lib.elements

pass := {"examined": count(input.sboms), "unknown": count(unknowns)} if {
	lib.sboms_given
	every sbom in input.sboms {
		elements.stated(sbom, "sbom_author")
	}
}

deny := [lib.entry("the author of the SBOM is neither given nor stated as unknown", sbom.path) |
	some sbom in input.sboms
	not elements.stated(sbom, "sbom_author")
]

unknowns := [sbom.path |
	some sbom in input.sboms
	elements.state(sbom, "sbom_author") == "unknown"
]
