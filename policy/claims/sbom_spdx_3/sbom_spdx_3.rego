# METADATA
# title: The release has a well-formed SPDX 3.0.1 SBOM that describes it.
# description: The document was checked beyond its schema, and names this release.
# custom:
#   fix: Keep it in [sbom].formats and run nox -s release.
#   otherwise: There is no evidence of a valid SPDX 3.0.1 SBOM of the release.
#   evidence: spdx3
package sealwright.claims.sbom_spdx_3

import rego.v1

import data.sealwright.claims.lib as claims

needs := claims.of_sbom("spdx3", [claims.is_value("release/sboms/spdx3/version", "3.0.1", "The SBOM is not SPDX 3.0.1.", "spdx3")])
