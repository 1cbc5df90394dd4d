# METADATA
# title: The SBOM states when it was generated
# description: CISA 2026, Timestamp. An RFC 3339 timestamp with an offset.
# custom:
#   fix: Generate the SBOM again with generate_sbom.py.
package sealwright.cisa_2026.timestamp

import rego.v1

import data.sealwright.lib
import data.sealwright.lib.elements

pass := {"examined": count(input.sboms), "unknown": count(unknowns)} if {
	lib.sboms_given
	every sbom in input.sboms {
		elements.stated(sbom, "timestamp")
	}
}

deny := [lib.entry("the timestamp is missing or not in RFC 3339 format", sbom.path) |
	some sbom in input.sboms
	not elements.stated(sbom, "timestamp")
]

unknowns := [sbom.path |
	some sbom in input.sboms
	elements.state(sbom, "timestamp") == "unknown"
]
