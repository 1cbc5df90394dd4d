package sealwright.claims.pinned_actions_test

import rego.v1

import data.sealwright.claims.lib.fixtures
import data.sealwright.claims.pinned_actions

cases := {
	"the good evidence supports it": {"patch": [], "pass": true},
	"no evidence at all": {"patch": [{"op": "remove", "path": "/release"}, {"op": "remove", "path": "/project"}]},
	"no workflow uses an action": {"patch": [{"op": "add", "path": "/project/workflows/actions", "value": 0}, {"op": "add", "path": "/project/workflows/pinned", "value": 0}], "deny": ["actions"]},
	"an action is not pinned by commit": {"patch": [{"op": "add", "path": "/project/workflows/pinned", "value": 1}], "deny": ["pinned"]},
}

test_cases if {
	every case in cases {
		fixtures.as_expected(pinned_actions, case) with input as json.patch(fixtures.evidence, case.patch)
	}
}
