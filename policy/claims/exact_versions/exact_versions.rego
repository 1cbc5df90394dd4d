# METADATA
# title: Every locked dependency is pinned to one exact version or commit.
# description: check_locks checked every lock, and the rule base.exact_versions the SBOM.
# custom:
#   fix: >-
#     Compile the locks: nox -s lock.
#   otherwise: There is no evidence that every locked dependency is pinned to one version.
#   evidence: gate cyclonedx
#   facts: pins locks
package sealwright.claims.exact_versions

import rego.v1

import data.sealwright.claims.lib as claims

needs := claims.of_gate("check_locks", [
	claims.no_finding("check_locks", "lock.unpinned", "An entry is not pinned."),
	claims.no_finding("check_locks", "lock.unversioned", "An entry has no version."),
	claims.no_finding("check_locks", "lock.mutable-source", "An entry comes from a source that can change."),
	claims.rule_passes("base.exact_versions"),
])
