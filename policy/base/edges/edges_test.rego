package sealwright.base.edges_test

import rego.v1

import data.sealwright.base.edges
import data.sealwright.lib.fixtures

cases := {
	"a good document passes": {"input": fixtures.document, "examined": 2},
	"an edge to nowhere is denied": {
		"input": json.patch(fixtures.document, [{"op": "replace", "path": "/sboms/0/dangling", "value": [{"from": "root", "to": "ghost"}]}]),
		"deny": ["ghost"],
	},
	"without the facts nothing passes": {
		"input": json.patch(fixtures.document, [{"op": "remove", "path": "/sboms/0/dangling"}]),
	},
}

test_cases if {
	every case in cases {
		fixtures.as_expected(edges, case) with input as case.input with data.data as fixtures.settings(case)
	}
}
