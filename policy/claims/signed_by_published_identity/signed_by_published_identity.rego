# METADATA
# title: Every signature is by an identity that the project publishes and that was authorized when it signed.
# description: The certificate of every signature was checked against [signing].identities.
# custom:
#   fix: Add [[signing.identities]] to the configuration and run nox -s release.
#   otherwise: There is no evidence that the release is signed by an identity that the project publishes.
#   evidence: bundles config
#   facts: signers
package sealwright.claims.signed_by_published_identity

import rego.v1

import data.sealwright.claims.lib as claims

needs := claims.of_real_release([
	claims.every_file_signed,
	claims.is_true("release/verification/published_identity", "The configuration names no authorized identity.", "identities"),
])
