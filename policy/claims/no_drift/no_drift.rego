# METADATA
# title: Every lock is up to date with its source.
# description: check_locks recompiled every lock, or ran its own tool's check.
# custom:
#   fix: >-
#     Compile the locks again: nox -s lock.
#   otherwise: There is no evidence that every lock is up to date with its source.
#   evidence: gate provenance
#   facts: locks
package sealwright.claims.no_drift

import rego.v1

import data.sealwright.claims.lib as claims

needs := claims.of_gate("check_locks", [
	claims.no_drift,
	claims.no_finding("check_locks", "lock.drift", "A lock has drifted."),
	claims.no_finding("check_locks", "lock.stale", "A lock is older than its source."),
	claims.no_finding("check_locks", "lock.missing", "A lock is missing."),
	claims.no_finding("check_locks", "lock.no-source", "A lock has no source."),
	claims.no_finding("check_locks", "lock.unchecked", "A lock was not checked."),
])
