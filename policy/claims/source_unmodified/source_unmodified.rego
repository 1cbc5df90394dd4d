# METADATA
# title: According to the provenance the release was made from its commit without uncommitted changes.
# description: The provenance states whether the folder differed from the commit.
# custom:
#   fix: Commit or remove every change, then run nox -s release.
#   otherwise: There is no evidence that the release was made from a commit without further changes.
#   evidence: provenance
#   facts: commit
package sealwright.claims.source_unmodified

import rego.v1

import data.sealwright.claims.lib as claims

needs := claims.of_release([
	claims.is_text("release/provenance/commit", "The provenance names no commit.", "commit"),
	claims.is_true("release/provenance/clean", "The provenance does not state that the folder matched the commit.", "source"),
])
