package sealwright.claims.reproducible_locks_test

import rego.v1

import data.sealwright.claims.lib.fixtures
import data.sealwright.claims.reproducible_locks

cases := {
	"a lock without entries is not recompiled": {
		"patch": [
			{"op": "add", "path": "/release/records/check_locks/counts/recompiled", "value": 1},
			{"op": "add", "path": "/release/records/check_locks/counts/empty", "value": 1},
		],
		"pass": true,
	},
	"a lock that was neither recompiled nor empty is denied": {
		"patch": [{"op": "add", "path": "/release/records/check_locks/counts/recompiled", "value": 1}],
		"deny": ["compiled"],
	},
}

test_cases if {
	every case in cases {
		fixtures.as_expected(reproducible_locks.needs, case) with input as json.patch(fixtures.evidence, case.patch)
	}
}
