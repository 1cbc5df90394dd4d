package sealwright.cisa_2026.component_hash_test

import rego.v1

import data.sealwright.cisa_2026.component_hash
import data.sealwright.lib.fixtures

cases := {
	"a good document passes": {"input": fixtures.document, "examined": 2},
	"missing is denied": {
		"input": json.patch(fixtures.document, [{"op": "replace", "path": "/sboms/0/elements/component_hash", "value": {"present": 1, "unknown": 0, "missing": ["path:b"]}}]),
		"deny": ["path:b"],
	},
	"a component not counted does not pass": {
		"input": json.patch(fixtures.document, [{"op": "replace", "path": "/sboms/0/elements/component_hash", "value": {"present": 1, "unknown": 0, "missing": []}}]),
	},
	"not stated does not pass": {
		"input": json.patch(fixtures.document, [{"op": "remove", "path": "/sboms/0/elements/component_hash"}]),
	},
	"stated unknown passes": {
		"input": json.patch(fixtures.document, [{"op": "replace", "path": "/sboms/0/elements/component_hash", "value": {"present": 1, "unknown": 1, "missing": []}}]),
		"examined": 2,
	},
}

test_cases if {
	every case in cases {
		fixtures.as_expected(component_hash, case) with input as case.input with data.data as fixtures.settings(case)
	}
}
