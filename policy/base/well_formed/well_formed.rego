# METADATA
# title: The SBOM is well formed
# description: >-
#   Each document has a known format and version, and contains nothing that contradicts its own
#   format.
# custom:
#   fix: >-
#     Generate the SBOM again with generate_sbom.py; for an SBOM from someone else, ask its author to fix
#     what is named.
package sealwright.base.well_formed

import rego.v1

import data.sealwright.lib

pass := {"examined": count(input.sboms)} if {
	lib.sboms_given
	every sbom in input.sboms {
		lib.text(sbom.format)
		lib.text(sbom.format_version)
		lib.sha256(sbom.sha256)
		sbom.problems == []
	}
}

deny := array.concat(nothing_given, problems)

nothing_given := [lib.entry("no SBOM was given", "SBOM") | not lib.sboms_given]

problems := [lib.entry(concat("", [problem.path, ": ", problem.message]), sbom.path) |
	some sbom in input.sboms
	some problem in sbom.problems
]
