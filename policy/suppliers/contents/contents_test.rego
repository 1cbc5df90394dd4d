package sealwright.suppliers.contents_test

import rego.v1

import data.sealwright.lib.fixtures as shared
import data.sealwright.suppliers.contents
import data.sealwright.suppliers.lib.fixtures

cases := {
	"a good document passes": {"input": fixtures.good, "examined": 1},
	"no document at all does not pass": {"input": {"documents": []}},
	"no component is denied": {
		"input": fixtures.with_values({"contents": 0}),
		"deny": [fixtures.digest],
		"messages": ["it lists no component"],
	},
	"a withdrawn one needs no statement": {
		"input": fixtures.with_values({"contents": 0, "kind": "vex", "withdrawn": true}),
		"examined": 1,
	},
	"no statement is denied": {
		"input": fixtures.with_values({"contents": 0, "kind": "vex"}),
		"deny": [fixtures.digest],
		"messages": ["it has no statement"],
	},
}

test_cases if {
	every case in cases {
		shared.as_expected(contents, case) with input as case.input with data.data as shared.settings(case)
	}
}
