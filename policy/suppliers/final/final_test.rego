package sealwright.suppliers.final_test

import rego.v1

import data.sealwright.lib.fixtures as shared
import data.sealwright.suppliers.final
import data.sealwright.suppliers.lib.fixtures

cases := {
	"a good document passes": {"input": fixtures.good, "examined": 1},
	"no document at all does not pass": {"input": {"documents": []}},
	"a draft is denied": {
		"input": fixtures.with_values({"draft": true}),
		"deny": [fixtures.digest],
		"messages": ["it is a draft, which decides nothing yet"],
	},
}

test_cases if {
	every case in cases {
		shared.as_expected(final, case) with input as case.input with data.data as shared.settings(case)
	}
}
