# METADATA
# title: >-
#   The SBOM of the release is exactly the union of the SBOMs of its locks: nothing is added, and nothing is left out.
# description: The components of the CycloneDX document were compared with those of all SBOMs in the archive.
# custom:
#   fix: Run nox -s release.
#   otherwise: There is no evidence that the SBOM of the release has everything that the locks have.
#   evidence: cyclonedx archive
#   facts: components locks
package sealwright.claims.sbom_union

import rego.v1

import data.sealwright.claims.lib as claims

needs := claims.of_sbom("cyclonedx", [
	claims.archive_intact,
	claims.is_true("release/archive/union", "The components of the SBOM are not those of the locks.", "union"),
	claims.lock_sboms_archived,
])
