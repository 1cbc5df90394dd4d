# METADATA
# title: The SBOM says how complete it is
# description: >-
#   CISA 2026, Coverage and Explicitly Identifying Unknown Information. The document says of its
#   dependencies that they are complete, incomplete or unknown.
# custom:
#   fix: Make the SBOM again with generate_sbom.py.
package sealwright.cisa_2026.coverage

import rego.v1

import data.sealwright.lib
import data.sealwright.lib.elements

pass := {"examined": count(input.sboms), "unknown": count(unknowns)} if {
	lib.sboms_given
	every sbom in input.sboms {
		elements.told(sbom, "coverage")
	}
}

deny := [lib.entry("the document does not say how complete it is", sbom.path) |
	some sbom in input.sboms
	not elements.told(sbom, "coverage")
]

unknowns := [sbom.path |
	some sbom in input.sboms
	elements.state(sbom, "coverage") == "unknown"
]
