# METADATA
# title: >-
#   The release has an archive of its locks, the SBOM of each, and what is recorded of their publishers, every
#   member named by digest.
# description: >-
#   Every member was held against the index of the archive.
# custom:
#   fix: >-
#     Run nox -s release on a project with locks.
#   otherwise: >-
#     There is no evidence of an archive of the locks.
#   evidence: archive
#   facts: locks
#   unknown: allowed
package sealwright.claims.evidence_archive

import rego.v1

import data.sealwright.claims.lib as claims
import data.sealwright.lib

needs := array.concat(claims.sound, claims.once_sound(array.concat(claims.stage("bundle_evidence"), claims.after("bundle_evidence", [
	claims.need(
		claims.of_release(["archive", "intact"], false) == true,
		"The evidence archive does not hold exactly what its index names.",
		"archive",
	),
	claims.need(claims.of_release(["archive", "locks"], -1) > 0, "The archive holds no lock.", "locks"),
	claims.need(
		claims.of_release(["archive", "withheld"], -1) == 0,
		"A file that holds credentials was left out.",
		"withheld",
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
