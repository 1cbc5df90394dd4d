package sealwright.claims.policy_gate_test

import rego.v1

import data.sealwright.claims.lib.fixtures
import data.sealwright.claims.policy_gate

cases := {
	"a profile of the project may be added": {
		"patch": [{"op": "add", "path": "/release/verdict/profiles", "value": ["ours", "release", "base"]}],
		"pass": true,
	},
}

test_cases if {
	every case in cases {
		fixtures.as_expected(policy_gate.needs, case) with input as json.patch(fixtures.evidence, case.patch)
	}
}
