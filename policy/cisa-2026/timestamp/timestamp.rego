# METADATA
# title: The SBOM says when it was made
# description: CISA 2026, Timestamp. An RFC 3339 moment with an offset.
# custom:
#   fix: Make the SBOM again with generate_sbom.py.
package sealwright.cisa_2026.timestamp

import rego.v1

import data.sealwright.lib
import data.sealwright.lib.elements

pass := {"examined": count(input.sboms), "unknown": count(unknowns)} if {
	lib.sboms_given
	every sbom in input.sboms {
		elements.told(sbom, "timestamp")
	}
}

deny := [lib.entry("the timestamp is missing or is no RFC 3339 moment", sbom.path) |
	some sbom in input.sboms
	not elements.told(sbom, "timestamp")
]

unknowns := [sbom.path |
	some sbom in input.sboms
	elements.state(sbom, "timestamp") == "unknown"
]
