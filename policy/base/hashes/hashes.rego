# METADATA
# title: Every component that comes from files has a strong hash
# description: >-
#   A hash of an algorithm in data/hashes.json for each component that is fetched as files. What a full
#   commit pins, and the project's own packages, have no file; they must state the hash as unknown. What is
#   inside a wheel is covered by the hash of the wheel.
# custom:
#   fix: >-
#     Lock with hashes (uv pip compile --generate-hashes, or the tool's own lock file), then generate the
#     SBOM again.
package sealwright.base.hashes

import rego.v1

import data.data as settings
import data.sealwright.lib

pass := {"examined": lib.components_total} if {
	lib.sboms_given
	count(weak) == 0
}

deny := [lib.entry(concat("", [path, ": no strong hash (has ", named(component), ")"]), component.ref) |
	some [path, component] in weak
]

weak := [[sbom.path, component] |
	some sbom in input.sboms
	some component in sbom.components
	not strong(component)
	not excused(component)
]

named(component) := concat(", ", component.algorithms) if count(component.algorithms) > 0

else := "none"

strong(component) if {
	some algorithm in component.algorithms
	settings.hashes.strong[algorithm]
}

excused(component) if {
	component.origin in {"local", "commit"}
	component.algorithms == []
	"Component Hash Value" in component.unknown
}

# What is inside a wheel is fixed by the digest of the wheel.
excused(component) if component.origin == "bundled"
