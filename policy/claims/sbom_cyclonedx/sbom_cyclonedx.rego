# METADATA
# title: The release has a well-formed CycloneDX SBOM that describes it.
# description: The document was checked beyond its schema, and names this release.
# custom:
#   fix: Keep cyclonedx-1.6 in [sbom].formats and run nox -s release.
#   otherwise: There is no evidence of a valid CycloneDX SBOM of the release.
#   evidence: cyclonedx
#   facts: components cyclonedx_version
package sealwright.claims.sbom_cyclonedx

import rego.v1

import data.sealwright.claims.lib as claims

needs := claims.of_sbom("cyclonedx", [claims.is_text(
	"release/sboms/cyclonedx/version",
	"The SBOM does not state its version of CycloneDX.",
	"cyclonedx",
)])
