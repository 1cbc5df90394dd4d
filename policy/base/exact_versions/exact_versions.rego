# METADATA
# title: Every component has an exact version
# description: >-
#   A version range, a wildcard or a branch name does not identify what is inside. What a full commit pins,
#   and the project's own packages, may state their version as unknown; what is inside a wheel
#   is fixed by the digest of the wheel.
# custom:
#   fix: Pin the package in its lock (compile_locks.py does), then generate the SBOM again.
package sealwright.base.exact_versions

import rego.v1

import data.data as settings
import data.sealwright.lib

pass := {"examined": lib.components_total} if {
	lib.sboms_given
	count(inexact) == 0
}

deny := [lib.entry(concat("", [path, ": version '", object.get(component, "version", ""), "' is not exact"]), component.ref) |
	some [path, component] in inexact
]

# The first is quick; only where it does not hold is each component checked.
inexact := [] if exact_total == lib.components_total

else := [[sbom.path, component] |
	some sbom in input.sboms
	some component in sbom.components
	not exact(component)
	not excused(component)
]

exact_total := count([1 |
	some sbom in input.sboms
	some component in sbom.components
	regex.match(settings.versions.exact_pattern, component.version)
])

exact(component) if regex.match(settings.versions.exact_pattern, component.version)

excused(component) if {
	component.origin in {"local", "commit"}
	component.version == ""
	"Component Version" in component.unknown
}

# What is inside a wheel is fixed by the digest of the wheel.
excused(component) if component.origin == "bundled"
