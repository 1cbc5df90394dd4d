# METADATA
# title: The SBOM states how complete it is
# description: >-
#   CISA 2026, Coverage and Explicitly Identifying Unknown Information. The document states
#   whether its dependencies are complete, incomplete or unknown.
# custom:
#   fix: Generate the SBOM again with generate_sbom.py.
package sealwright.cisa_2026.coverage

import rego.v1

import data.sealwright.lib
import data.sealwright.lib.elements

pass := {"examined": count(input.sboms), "unknown": count(unknowns)} if {
	lib.sboms_given
	every sbom in input.sboms {
		elements.stated(sbom, "coverage")
	}
}

deny := [lib.entry("the document does not state how complete it is", sbom.path) |
	some sbom in input.sboms
	not elements.stated(sbom, "coverage")
]

unknowns := [sbom.path |
	some sbom in input.sboms
	elements.state(sbom, "coverage") == "unknown"
]
