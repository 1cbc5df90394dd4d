# METADATA
# title: Every locked dependency is pinned by hash, or by a full commit where it comes from version control.
# description: check_locks checked every lock and found no entry without a usable hash, waived or not.
# custom:
#   fix: >-
#     Compile the locks with hashes: nox -s lock.
#   otherwise: There is no evidence that every locked dependency is pinned by hash.
#   evidence: gate provenance
#   facts: pins locks
package sealwright.claims.hash_pinned_locks

import rego.v1

import data.sealwright.claims.lib as claims

needs := claims.of_gate("check_locks", [
	claims.no_finding("check_locks", "lock.unhashed", "An entry has no hash."),
	claims.no_finding("check_locks", "lock.malformed-hash", "An entry has a malformed hash."),
	claims.no_finding("check_locks", "lock.unknown-hash", "An entry has a hash of an unknown kind."),
	claims.no_finding("check_locks", "lock.weak-hash", "An entry has only a weak hash."),
	claims.no_finding("check_locks", "lock.mutable-source", "An entry comes from a source that can change."),
])
