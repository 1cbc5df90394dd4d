package sealwright.claims.no_drift_test

import rego.v1

import data.sealwright.claims.lib.fixtures
import data.sealwright.claims.no_drift

cases := {
	"of a stage that failed nothing else is a reason": {
		"patch": [
			{"op": "add", "path": "/release/records/check_locks/outcome", "value": "fail"},
			{"op": "add", "path": "/release/records/check_locks/counts/drifted", "value": 1},
		],
		"only": ["check_locks"],
	},
}

test_cases if {
	every case in cases {
		fixtures.as_expected(no_drift.needs, case) with input as json.patch(fixtures.evidence, case.patch)
	}
}
