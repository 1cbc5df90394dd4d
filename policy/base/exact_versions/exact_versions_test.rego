package sealwright.base.exact_versions_test

import rego.v1

import data.sealwright.base.exact_versions
import data.sealwright.lib.fixtures

cases := {
	"a good document passes": {"input": fixtures.document, "examined": 2},
	"a range is denied": {
		"input": json.patch(fixtures.document, [{"op": "replace", "path": "/sboms/0/components/0/version", "value": ">=1"}]),
		"deny": ["pkg:pypi/a@1"],
	},
	"a missing version is denied": {
		"input": json.patch(fixtures.document, [{"op": "remove", "path": "/sboms/0/components/0/version"}]),
		"deny": ["pkg:pypi/a@1"],
	},
	"an unstated local version is denied": {
		"input": json.patch(fixtures.document, [{"op": "replace", "path": "/sboms/0/components/1/unknown", "value": ["Component Hash Value"]}]),
		"deny": ["path:b"],
	},
	"what is inside a wheel needs none": {
		"input": json.patch(fixtures.document, [
			{"op": "replace", "path": "/sboms/0/components/0/origin", "value": "bundled"},
			{"op": "replace", "path": "/sboms/0/components/0/version", "value": ""},
			{"op": "replace", "path": "/sboms/0/components/0/algorithms", "value": []},
		]),
		"examined": 2,
	},
}

test_cases if {
	every case in cases {
		fixtures.as_expected(exact_versions, case) with input as case.input with data.data as fixtures.settings(case)
	}
}
