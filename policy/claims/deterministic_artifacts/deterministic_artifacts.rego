# METADATA
# title: >-
#   The SBOMs and the evidence archive carry the timestamp of the source, not of the clock, and the archive's members
#   have a fixed order and no owners, as reproducible output requires.
# description: Every member of the archive and the timestamp of each SBOM were checked.
# custom:
#   fix: Make the release in a git checkout, or set SOURCE_DATE_EPOCH.
#   otherwise: >-
#     There is no evidence that the SBOMs and the evidence archive are independent of the time and the machine they
#     were made on.
#   evidence: archive cyclonedx provenance
#   facts: source_moment
package sealwright.claims.deterministic_artifacts

import rego.v1

import data.sealwright.claims.lib as claims

needs := claims.of_sbom("cyclonedx", [
	claims.archive_intact,
	claims.is_one_of(
		"release/provenance/moment_from",
		["commit", "source-date-epoch"],
		"The timestamp is not that of the source.",
		"moment",
	),
	claims.is_true(
		"release/archive/uniform",
		"A member of the archive has another timestamp, an owner or another position.",
		"uniform",
	),
	claims.need(
		same_timestamp,
		[{"path": concat("/", ["release/sboms", kind, "at_source_moment"]), "is": "true"} | some kind in kinds],
		"An SBOM has another timestamp.",
		"timestamp",
	),
])

kinds := ["cyclonedx", "spdx2", "spdx3"]

default same_timestamp := false

same_timestamp if {
	every kind in kinds {
		absent_or_same(kind)
	}
}

absent_or_same(kind) if claims.value(concat("/", ["release/sboms", kind, "there"])) == false

absent_or_same(kind) if claims.value(concat("/", ["release/sboms", kind, "at_source_moment"])) == true
