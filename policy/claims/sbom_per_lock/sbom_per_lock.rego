# METADATA
# title: >-
#   There is an SBOM for each single lock, in the evidence archive of the release.
# description: >-
#   The archive's members were held against its index, and counted against the locks.
# custom:
#   fix: >-
#     Run nox -s release on a project with locks.
#   otherwise: >-
#     There is no evidence of an SBOM for each single lock.
#   evidence: archive gate
#   facts: locks
#   unknown: allowed
package sealwright.claims.sbom_per_lock

import rego.v1

import data.sealwright.claims.lib as claims
import data.sealwright.lib

needs := array.concat(claims.sound, claims.once_sound(array.concat(claims.stage("generate_sbom"), claims.after("generate_sbom", [
	claims.need(
		claims.of_release(["archive", "intact"], false) == true,
		"The evidence archive does not hold exactly what its index names.",
		"archive",
	),
	claims.need(
		claims.of_release(["archive", "lock_sboms"], -1) > 0,
		"The archive holds no SBOM of a lock.",
		"archive",
	),
	claims.need(
		claims.of_release(["archive", "lock_sboms"], -1) == claims.counted("generate_sbom", "locks"),
		"There are not as many SBOMs as locks.",
		"locks",
	),
]))))

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
