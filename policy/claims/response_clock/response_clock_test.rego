package sealwright.claims.response_clock_test

import rego.v1

import data.sealwright.claims.lib.fixtures
import data.sealwright.claims.response_clock

cases := {
	"the good evidence supports it": {"patch": [], "pass": true},
	"no evidence at all": {"patch": [{"op": "remove", "path": "/release"}, {"op": "remove", "path": "/project"}]},
	"the configuration has no [response]": {"patch": [{"op": "add", "path": "/project/response", "value": false}], "deny": ["response"]},
	"there is no target for critical vulnerabilities": {"patch": [{"op": "add", "path": "/project/critical_days", "value": -1}], "deny": ["critical"]},
	"there is no target for high vulnerabilities": {"patch": [{"op": "add", "path": "/project/high_days", "value": -1}], "deny": ["high"]},
}

test_cases if {
	every case in cases {
		fixtures.as_expected(response_clock, case) with input as json.patch(fixtures.evidence, case.patch)
	}
}
