package sealwright.claims.update_tool_test

import rego.v1

import data.sealwright.claims.lib.fixtures
import data.sealwright.claims.update_tool

cases := {
	"the good evidence supports it": {"patch": [], "pass": true},
	"no evidence at all": {"patch": [{"op": "remove", "path": "/release"}, {"op": "remove", "path": "/project"}]},
	"no configuration of such a tool was found": {"patch": [{"op": "add", "path": "/project/update_tool", "value": false}], "deny": ["tool"]},
}

test_cases if {
	every case in cases {
		fixtures.as_expected(update_tool, case) with input as json.patch(fixtures.evidence, case.patch)
	}
}
