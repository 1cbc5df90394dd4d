# METADATA
# title: The provenance names its builder
# description: A verifier bases all trust on the builder's identifier (SLSA 1.2, builder.id).
# custom:
#   fix: >-
#     Run generate_provenance.py again, or the whole release: nox -s release.
package sealwright.provenance.builder

import rego.v1

import data.sealwright.lib

pass := {"examined": 1} if uri(input.provenance.builder_id)

deny := [lib.entry(concat("", ["the builder identifier is ", found, ", expected a URI"]), "runDetails.builder.id") |
	found := object.get(object.get(input, "provenance", {}), "builder_id", "missing")
	not uri(found)
]

uri(value) if {
	lib.text(value)
	regex.match(`^[A-Za-z][A-Za-z0-9+.-]*:[^ ]+$`, value)
}
