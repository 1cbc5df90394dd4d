# METADATA
# title: >-
#   Each retained release after the first names the previous one by digest, and that one is retained or was pruned
#   after its retention period.
# description: The manifests of all retained releases were compared with each other.
# custom:
#   fix: Run nox -s retention -- --verify, and restore what is missing from a copy.
#   otherwise: There is no evidence that no retained release is missing or changed.
#   evidence: manifest
#   facts: releases
package sealwright.claims.retention_chain_intact

import rego.v1

import data.sealwright.claims.lib as claims

needs := claims.of_release([
	claims.is_true("release/manifest/chain_intact", "The chain of retained releases is broken.", "chain"),
	claims.is_positive("release/manifest/releases", "No release is retained.", "releases"),
])
