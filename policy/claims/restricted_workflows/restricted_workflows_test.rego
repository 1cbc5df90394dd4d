package sealwright.claims.restricted_workflows_test

import rego.v1

import data.sealwright.claims.lib.fixtures
import data.sealwright.claims.restricted_workflows

cases := {
	"the good evidence supports it": {"patch": [], "pass": true},
	"no evidence at all": {"patch": [{"op": "remove", "path": "/release"}, {"op": "remove", "path": "/project"}]},
	"there is no workflow": {"patch": [{"op": "add", "path": "/project/workflows/files", "value": 0}, {"op": "add", "path": "/project/workflows/restricted", "value": 0}], "deny": ["workflows"]},
	"a workflow does not limit its token": {"patch": [{"op": "add", "path": "/project/workflows/restricted", "value": 0}], "deny": ["permissions"]},
}

test_cases if {
	every case in cases {
		fixtures.as_expected(restricted_workflows, case) with input as json.patch(fixtures.evidence, case.patch)
	}
}
