# METADATA
# title: The SBOM states in which phase it was generated
# description: CISA 2026, Generation Context. The lifecycle phase (pre-build, build and so on) is given.
# custom:
#   fix: Generate the SBOM again with generate_sbom.py.
package sealwright.cisa_2026.generation_context

import rego.v1

import data.sealwright.lib
import data.sealwright.lib.elements

pass := {"examined": count(input.sboms), "unknown": count(unknowns)} if {
	lib.sboms_given
	every sbom in input.sboms {
		elements.stated(sbom, "generation_context")
	}
}

deny := [lib.entry("the generation context (lifecycle phase) is not given", sbom.path) |
	some sbom in input.sboms
	not elements.stated(sbom, "generation_context")
]

unknowns := [sbom.path |
	some sbom in input.sboms
	elements.state(sbom, "generation_context") == "unknown"
]
