# METADATA
# title: >-
#   The release has an SBOM in SPDX 3.0.1 that is well formed and describes it.
# description: >-
#   The document was checked beyond its schema, and names this release.
# custom:
#   fix: >-
#     Keep it in [sbom].formats and run nox -s release.
#   otherwise: >-
#     There is no evidence of a valid SPDX 3.0.1 SBOM of the release.
#   evidence: spdx3
#   unknown: allowed
package sealwright.claims.sbom_spdx_3

import rego.v1

import data.sealwright.claims.lib as claims
import data.sealwright.lib

needs := array.concat(claims.sound, claims.once_sound(array.concat(claims.sbom("spdx3"), [
	claims.need(
		claims.of_release(["sboms", "spdx3", "version"], "") == "3.0.1",
		"The SBOM is not SPDX 3.0.1.",
		"spdx3",
	),
])))

pass if {
	count(needs) > 0
	every one in needs {
		one.holds == true
	}
}

deny := [lib.entry(one.message, one.subject) |
	some one in needs
	one.holds == false
	one.unseen == false
]

unknown := [lib.entry(one.message, one.subject) |
	some one in needs
	one.holds == false
	one.unseen == true
]
