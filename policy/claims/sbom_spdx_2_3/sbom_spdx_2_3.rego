# METADATA
# title: The release has a well-formed SPDX 2.3 SBOM that describes it.
# description: The document was checked beyond its schema, and names this release.
# custom:
#   fix: Keep it in [sbom].formats and run nox -s release.
#   otherwise: There is no evidence of a valid SPDX 2.3 SBOM of the release.
#   evidence: spdx2
package sealwright.claims.sbom_spdx_2_3

import rego.v1

import data.sealwright.claims.lib as claims

needs := claims.of_sbom("spdx2", [claims.is_value("release/sboms/spdx2/version", "2.3", "The SBOM is not SPDX 2.3.", "spdx2")])
