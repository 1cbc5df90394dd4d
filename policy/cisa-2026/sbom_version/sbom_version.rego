# METADATA
# title: The SBOM has an identity and a version
# description: CISA 2026, SBOM Version. A serial number with a version, or a namespace of its own.
# custom:
#   fix: Generate the SBOM again with generate_sbom.py.
package sealwright.cisa_2026.sbom_version

import rego.v1

import data.sealwright.lib
import data.sealwright.lib.elements

pass := {"examined": count(input.sboms), "unknown": count(unknowns)} if {
	lib.sboms_given
	every sbom in input.sboms {
		elements.stated(sbom, "sbom_version")
	}
}

deny := [lib.entry("the document has no serial number and version, or no namespace", sbom.path) |
	some sbom in input.sboms
	not elements.stated(sbom, "sbom_version")
]

unknowns := [sbom.path |
	some sbom in input.sboms
	elements.state(sbom, "sbom_version") == "unknown"
]
