package sealwright.cisa_2026.dependency_relationships_test

import rego.v1

import data.sealwright.cisa_2026.dependency_relationships
import data.sealwright.lib.fixtures

cases := {
	"a good document passes": {"input": fixtures.document, "examined": 3},
	"missing is denied": {
		"input": json.patch(fixtures.document, [{"op": "replace", "path": "/sboms/0/elements/dependency_relationships", "value": {"present": 2, "unknown": 0, "missing": ["path:b"]}}]),
		"deny": ["path:b"],
	},
	"a component not counted does not pass": {
		"input": json.patch(fixtures.document, [{"op": "replace", "path": "/sboms/0/elements/dependency_relationships", "value": {"present": 2, "unknown": 0, "missing": []}}]),
	},
	"not stated does not pass": {
		"input": json.patch(fixtures.document, [{"op": "remove", "path": "/sboms/0/elements/dependency_relationships"}]),
	},
	"stated unknown passes": {
		"input": json.patch(fixtures.document, [{"op": "replace", "path": "/sboms/0/elements/dependency_relationships", "value": {"present": 2, "unknown": 1, "missing": []}}]),
		"examined": 3,
	},
}

test_cases if {
	every case in cases {
		fixtures.as_expected(dependency_relationships, case) with input as case.input with data.data as fixtures.settings(case)
	}
}
