# METADATA
# title: No reference stands for two components
# description: Each component, the root included, has a reference of its own.
# custom:
#   fix: >-
#     Make the SBOM again; where it is somebody else's, ask its maker to give each component its own
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
