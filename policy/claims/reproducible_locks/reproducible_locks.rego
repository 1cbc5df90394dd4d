# METADATA
# title: Every lock was recompiled from its source with an empty cache, to the same bytes below its header.
# description: check_locks ran with --reproducible and reused no pin of an earlier compile.
# custom:
#   fix: Compile the locks with nox -s lock, then run nox -s release.
#   otherwise: There is no evidence that every lock can be recompiled to the same bytes.
#   evidence: gate provenance
#   facts: locks
package sealwright.claims.reproducible_locks

import rego.v1

import data.sealwright.claims.lib as claims

needs := claims.of_gate("check_locks", [
	claims.is_value(
		"release/records/check_locks/options/reproducible",
		"yes",
		"The locks were not recompiled with an empty cache.",
		"option",
	),
	claims.is_positive("release/records/check_locks/counts/recompiled", "No lock was recompiled.", "recompiled"),
	claims.need(
		all_recompiled,
		[
			{"path": "release/records/check_locks/counts/empty", "is": "equal"},
			{"path": "release/records/check_locks/counts/locks", "is": "equal"},
		],
		"A lock was not recompiled.",
		"compiled",
	),
	claims.is_at_least_as_many(
		"release/records/check_locks/counts/reproducible",
		"release/records/check_locks/counts/recompiled",
		"A lock was recompiled to other bytes.",
		"reproducible",
	),
	claims.is_zero(
		"release/records/check_locks/counts/kept",
		"A lock recompiles to the same bytes only with pins of an earlier compile.",
		"kept",
	),
	claims.no_drift,
])

default all_recompiled := false

all_recompiled if {
	counts := claims.value("release/records/check_locks/counts")
	is_number(counts.recompiled)
	is_number(counts.empty)
	counts.recompiled + counts.empty == counts.locks
}
