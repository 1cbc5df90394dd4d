package sealwright.suppliers.readable_test

import rego.v1

import data.sealwright.lib.fixtures as shared
import data.sealwright.suppliers.lib.fixtures
import data.sealwright.suppliers.readable

cases := {
	"a good document passes": {"input": fixtures.good, "examined": 1},
	"no document at all does not pass": {"input": {"documents": []}},
	"an unreadable document is denied": {
		"input": fixtures.with_values({"problem": "is empty"}),
		"deny": [fixtures.digest],
		"messages": ["the document cannot be read: is empty"],
	},
}

test_cases if {
	every case in cases {
		shared.as_expected(readable, case) with input as case.input with data.data as shared.settings(case)
	}
}
