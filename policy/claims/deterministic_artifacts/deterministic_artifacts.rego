# METADATA
# title: >-
#   The SBOMs and the evidence archive carry the moment of the source instead of the clock's, and the members of the
#   archive a fixed order and no owners: what the same bytes at every making need.
# description: >-
#   Every member of the archive and the timestamp of each SBOM were looked at.
# custom:
#   fix: >-
#     Make the release in a git checkout, or set SOURCE_DATE_EPOCH.
#   otherwise: >-
#     There is no evidence that the SBOMs and the evidence archive are free of the moment and the machine they were
#     made on.
#   evidence: archive cyclonedx provenance
#   facts: source_moment
#   unknown: allowed
package sealwright.claims.deterministic_artifacts

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
		claims.of_release(["provenance", "moment_from"], "") in {"commit", "source-date-epoch"},
		"The moment is not that of the source.",
		"moment",
	),
	claims.need(
		claims.of_release(["archive", "uniform"], false) == true,
		"A member of the archive has another moment, an owner or another place.",
		"uniform",
	),
	claims.need(same_moment, "An SBOM has another moment.", "timestamp"),
])))

default same_moment := false

same_moment if {
	every kind in ["cyclonedx", "spdx2", "spdx3"] {
		absent_or_same(kind)
	}
}

absent_or_same(kind) if claims.of_release(["sboms", kind, "there"], true) == false

absent_or_same(kind) if claims.of_release(["sboms", kind, "at_source_moment"], false) == true

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
