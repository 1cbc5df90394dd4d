# METADATA
# title: >-
#   The release has an SBOM in CycloneDX that is well formed and describes it.
# description: >-
#   The document was checked beyond its schema, and names this release.
# custom:
#   fix: >-
#     Keep cyclonedx-1.6 in [sbom].formats and run nox -s release.
#   otherwise: >-
#     There is no evidence of a valid CycloneDX SBOM of the release.
#   evidence: cyclonedx
#   facts: components cyclonedx_version
#   unknown: allowed
package sealwright.claims.sbom_cyclonedx

import rego.v1

import data.sealwright.claims.lib as claims
import data.sealwright.lib

needs := array.concat(claims.sound, claims.once_sound(array.concat(claims.sbom("cyclonedx"), [
	claims.need(
		claims.of_release(["sboms", "cyclonedx", "version"], "") != "",
		"The SBOM does not say which version of CycloneDX it is.",
		"cyclonedx",
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
