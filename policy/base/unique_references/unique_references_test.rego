package sealwright.base.unique_references_test

import rego.v1

import data.sealwright.base.unique_references
import data.sealwright.lib.fixtures

cases := {
	"a good document passes": {"input": fixtures.document, "examined": 3},
	"a reference twice is denied": {
		"input": json.patch(fixtures.document, [{"op": "replace", "path": "/sboms/0/duplicates", "value": ["path:b"]}]),
		"deny": ["path:b"],
	},
	"without the facts nothing passes": {
		"input": json.patch(fixtures.document, [{"op": "remove", "path": "/sboms/0/duplicates"}]),
	},
}

test_cases if {
	every case in cases {
		fixtures.as_expected(unique_references, case) with input as case.input with data.data as fixtures.settings(case)
	}
}
