# METADATA
# title: The SBOM identifies what it describes
# description: Each document names the software it is about by name, version and a reference of its own.
# custom:
#   fix: Give the project a version (--version, a tag, or pyproject.toml) and generate the SBOM again.
package sealwright.base.root_component

import rego.v1

import data.sealwright.lib

pass := {"examined": count(input.sboms)} if {
	lib.sboms_given
	every sbom in input.sboms {
		lib.text(sbom.root.name)
		lib.text(sbom.root.version)
		lib.text(sbom.root.ref)
	}
}

deny := [lib.entry(concat("", ["the root component has no ", field]), sbom.path) |
	some sbom in input.sboms
	some field in ["name", "version", "ref"]
	not lib.text(object.get(object.get(sbom, "root", {}), field, ""))
]
