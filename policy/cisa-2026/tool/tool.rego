# METADATA
# title: The SBOM names the tool that generated it, and its version
# description: CISA 2026, Tool Name and Tool Version.
# custom:
#   fix: Generate the SBOM again with generate_sbom.py.
package sealwright.cisa_2026.tool

import rego.v1

import data.sealwright.lib
import data.sealwright.lib.elements

pass := {"examined": count(input.sboms), "unknown": count(unknowns)} if {
	lib.sboms_given
	every sbom in input.sboms {
		elements.stated(sbom, "tool")
	}
}

deny := [lib.entry("a tool name or a tool version is missing", sbom.path) |
	some sbom in input.sboms
	not elements.stated(sbom, "tool")
]

unknowns := [sbom.path |
	some sbom in input.sboms
	elements.state(sbom, "tool") == "unknown"
]
