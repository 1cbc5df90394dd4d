# METADATA
# title: >-
#   The release has an SBOM in SPDX 2.3 that is well formed and describes it.
# description: >-
#   The document was checked beyond its schema, and names this release.
# custom:
#   fix: >-
#     Keep it in [sbom].formats and run nox -s release.
#   otherwise: >-
#     There is no evidence of a valid SPDX 2.3 SBOM of the release.
#   evidence: spdx2
#   unknown: allowed
package sealwright.claims.sbom_spdx_2_3

import rego.v1

import data.sealwright.claims.lib as claims
import data.sealwright.lib

needs := array.concat(claims.sound, claims.once_sound(array.concat(claims.sbom("spdx2"), [
	claims.need(
		claims.of_release(["sboms", "spdx2", "version"], "") == "2.3",
		"The SBOM is not SPDX 2.3.",
		"spdx2",
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
