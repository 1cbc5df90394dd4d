# METADATA
# title: The provenance names the kind of machine that made the release.
# description: Build type and builder are ones that docs/provenance.md describes.
# custom:
#   fix: Run nox -s release.
#   otherwise: There is no evidence of what made the release.
#   evidence: provenance
#   facts: builder
package sealwright.claims.builder_disclosed

import rego.v1

import data.sealwright.claims.lib as claims

needs := claims.of_release([
	claims.check_passes("provenance.builder", "The build type or the builder is not known."),
	claims.is_text("release/provenance/builder", "The provenance names no builder.", "builder"),
])
