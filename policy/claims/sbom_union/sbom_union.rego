# METADATA
# title: >-
#   The SBOM of the release is exactly the union of the SBOMs of its locks: nothing is added, and nothing left out.
# description: >-
#   The components of the CycloneDX document were compared with those of all SBOMs in the archive.
# custom:
#   fix: >-
#     Run nox -s release.
#   otherwise: >-
#     There is no evidence that the SBOM of the release has everything that the locks have.
#   evidence: cyclonedx archive
#   facts: components locks
#   unknown: allowed
package sealwright.claims.sbom_union

import rego.v1

import data.sealwright.claims.lib as claims
import data.sealwright.lib

needs := array.concat(claims.sound, claims.once_sound(array.concat(claims.sbom("cyclonedx"), [
	claims.need(
		claims.of_release(["archive", "intact"], false) == true,
		"The evidence archive does not hold exactly what its index names.",
		"archive",
	),
	claims.need(
		claims.of_release(["archive", "union"], false) == true,
		"The components of the SBOM are not those of the locks.",
		"union",
	),
	claims.need(
		claims.of_release(["archive", "lock_sboms"], -1) > 0,
		"The archive holds no SBOM of a lock.",
		"archive",
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
