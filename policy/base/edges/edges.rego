# METADATA
# title: Every dependency is a component of the SBOM
# description: Each end of each dependency is a component of the same document.
# custom:
#   fix: Generate the SBOM again; for an SBOM from someone else, ask its author for the missing components.
package sealwright.base.edges

import rego.v1

import data.sealwright.lib

pass := {"examined": sum([sbom.edges | some sbom in input.sboms])} if {
	lib.sboms_given
	every sbom in input.sboms {
		lib.amount(sbom.edges)
		sbom.dangling == []
	}
}

deny := [lib.entry(concat("", [sbom.path, ": ", edge.from, " depends on it, and the document does not have it"]), edge.to) |
	some sbom in input.sboms
	some edge in sbom.dangling
]
