package sealwright.cisa_2026.component_version_test

import rego.v1

import data.sealwright.cisa_2026.component_version
import data.sealwright.lib.fixtures

cases := {
	"a good document passes": {"input": fixtures.document, "examined": 3},
	"missing is denied": {
		"input": json.patch(fixtures.document, [{"op": "replace", "path": "/sboms/0/elements/component_version", "value": {"present": 2, "unknown": 0, "missing": ["path:b"]}}]),
		"deny": ["path:b"],
	},
	"a component not counted does not pass": {
		"input": json.patch(fixtures.document, [{"op": "replace", "path": "/sboms/0/elements/component_version", "value": {"present": 2, "unknown": 0, "missing": []}}]),
	},
	"not stated does not pass": {
		"input": json.patch(fixtures.document, [{"op": "remove", "path": "/sboms/0/elements/component_version"}]),
	},
	"stated unknown passes": {
		"input": json.patch(fixtures.document, [{"op": "replace", "path": "/sboms/0/elements/component_version", "value": {"present": 2, "unknown": 1, "missing": []}}]),
		"examined": 3,
	},
}

test_cases if {
	every case in cases {
		fixtures.as_expected(component_version, case) with input as case.input with data.data as fixtures.settings(case)
	}
}
