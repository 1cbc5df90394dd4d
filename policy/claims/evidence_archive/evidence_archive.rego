# METADATA
# title: >-
#   The release has an archive of its locks, the SBOM of each, and the recorded publishers, every member named by
#   digest.
# description: Every member was compared with the index of the archive.
# custom:
#   fix: Run nox -s release on a project with locks.
#   otherwise: There is no evidence of an archive of the locks.
#   evidence: archive
#   facts: locks
package sealwright.claims.evidence_archive

import rego.v1

import data.sealwright.claims.lib as claims

needs := claims.of_stage("bundle_evidence", [
	claims.archive_intact,
	claims.is_positive("release/archive/locks", "The archive holds no lock.", "locks"),
	claims.is_zero("release/archive/withheld", "A file that holds credentials was left out.", "withheld"),
])
