# METADATA
# title: The SBOM names its data format and version
# description: CISA 2026, Data Format Name and Version.
# custom:
#   fix: Generate the SBOM again with generate_sbom.py.
package sealwright.cisa_2026.data_format

import rego.v1

import data.sealwright.lib
import data.sealwright.lib.elements

pass := {"examined": count(input.sboms), "unknown": count(unknowns)} if {
	lib.sboms_given
	every sbom in input.sboms {
		elements.stated(sbom, "data_format")
	}
}

deny := [lib.entry("the data format or its version is not given", sbom.path) |
	some sbom in input.sboms
	not elements.stated(sbom, "data_format")
]

unknowns := [sbom.path |
	some sbom in input.sboms
	elements.state(sbom, "data_format") == "unknown"
]
