# METADATA
# title: The identities that are authorized to sign releases are published, each with its start date.
# description: >-
#   [signing].identities of the configuration, at least one of them valid today.
# custom:
#   fix: Add [[signing.identities]] with identity, issuer and since to the configuration.
#   otherwise: No signing identities with validity dates are published.
#   evidence: config
#   facts: identities
package sealwright.claims.signing_identities_published

import rego.v1

import data.sealwright.claims.lib as claims

needs := [
	claims.is_positive("project/identities", "The configuration names no identity that is authorized today.", "identities"),
	claims.is_zero("project/undated_identities", "An identity has no start date.", "identities"),
]
