package sealwright.base.hashes_test

import rego.v1

import data.sealwright.base.hashes
import data.sealwright.lib.fixtures

cases := {
	"a good document passes": {"input": fixtures.document, "examined": 2},
	"no hash is denied": {
		"input": json.patch(fixtures.document, [{"op": "replace", "path": "/sboms/0/components/0/algorithms", "value": []}]),
		"deny": ["pkg:pypi/a@1"],
	},
	"a weak hash is denied": {
		"input": json.patch(fixtures.document, [{"op": "replace", "path": "/sboms/0/components/0/algorithms", "value": ["md5", "sha-1"]}]),
		"deny": ["pkg:pypi/a@1"],
	},
	"an unstated local hash is denied": {
		"input": json.patch(fixtures.document, [{"op": "replace", "path": "/sboms/0/components/1/unknown", "value": []}]),
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
		fixtures.as_expected(hashes, case) with input as case.input with data.data as fixtures.settings(case)
	}
}
