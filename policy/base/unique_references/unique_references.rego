# METADATA
# title: No two components have the same reference
# description: Each component, the root included, has a reference of its own.
# custom:
#   fix: >-
#     Generate the SBOM again; for an SBOM from someone else, ask its author to give each component its own
#     reference.
package sealwright.base.unique_references

import rego.v1

import data.sealwright.lib

pass := {"examined": lib.documented_total} if {
	lib.sboms_given
	every sbom in input.sboms {
		sbom.duplicates == []
	}
}

deny := [lib.entry(concat("", [sbom.path, ": two components have this reference"]), ref) |
	some sbom in input.sboms
	some ref in sbom.duplicates
]
