# METADATA
# title: The provenance names its build type
# description: The build type defines the meaning of all parameters (SLSA 1.2, buildType).
# custom:
#   fix: >-
#     Run generate_provenance.py again, or the whole release: nox -s release.
package sealwright.provenance.build_type

import rego.v1

import data.sealwright.lib

pass := {"examined": 1} if uri(input.provenance.build_type)

deny := [lib.entry(concat("", ["the build type is ", found, ", expected a URI"]), "buildDefinition.buildType") |
	found := object.get(object.get(input, "provenance", {}), "build_type", "missing")
	not uri(found)
]

uri(value) if {
	lib.text(value)
	regex.match(`^[A-Za-z][A-Za-z0-9+.-]*:[^ ]+$`, value)
}
