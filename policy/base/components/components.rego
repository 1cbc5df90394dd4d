# METADATA
# title: The SBOM has components, or states that there are none
# description: An SBOM without components passes only where the document states that it is complete without any.
# custom:
#   fix: >-
#     Check that the locks are found ([locks] in .security-config.toml); for a project without
#     dependencies the SBOM must state that it is complete.
package sealwright.base.components

import rego.v1

import data.sealwright.lib

pass := {"examined": lib.components_total} if {
	lib.sboms_given
	nameless == 0
	hollow == []
}

deny := array.concat(empty, incomplete)

empty := [lib.entry("no components, and the document does not state that there are none", path) | some path in hollow]

incomplete := [lib.entry(concat("", [format_int(nameless, 10), " components have no name or no reference"]), "components") | nameless > 0]

hollow := [sbom.path |
	some sbom in input.sboms
	count(sbom.components) == 0
	object.get(sbom, "explicitly_empty", false) != true
]

nameless := lib.components_total - count([1 |
	some sbom in input.sboms
	some component in sbom.components
	component.name != ""
	component.ref != ""
])
