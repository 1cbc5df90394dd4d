package sealwright.claims.private_reporting_test

import rego.v1

import data.sealwright.claims.lib.fixtures
import data.sealwright.claims.private_reporting

cases := {
	"the good evidence supports it": {"patch": [], "pass": true},
	"no evidence at all": {"patch": [{"op": "remove", "path": "/release"}, {"op": "remove", "path": "/project"}]},
	"the configuration names no private channel": {"patch": [{"op": "add", "path": "/project/private_channel", "value": false}], "deny": ["reporting"]},
}

test_cases if {
	every case in cases {
		fixtures.as_expected(private_reporting, case) with input as json.patch(fixtures.evidence, case.patch)
	}
}
