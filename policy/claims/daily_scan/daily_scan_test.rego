package sealwright.claims.daily_scan_test

import rego.v1

import data.sealwright.claims.lib.fixtures
import data.sealwright.claims.daily_scan

cases := {
	"the good evidence supports it": {"patch": [], "pass": true},
	"no evidence at all": {"patch": [{"op": "remove", "path": "/release"}, {"op": "remove", "path": "/project"}]},
	"no workflow runs daily_scan every day": {"patch": [{"op": "add", "path": "/project/workflows/daily_scan", "value": 0}], "deny": ["workflow"]},
}

test_cases if {
	every case in cases {
		fixtures.as_expected(daily_scan, case) with input as json.patch(fixtures.evidence, case.patch)
	}
}
