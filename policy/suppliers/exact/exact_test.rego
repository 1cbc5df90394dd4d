package sealwright.suppliers.exact_test

import rego.v1

import data.sealwright.lib.fixtures as shared
import data.sealwright.suppliers.exact
import data.sealwright.suppliers.lib.fixtures

cases := {
	"a good document passes": {"input": fixtures.good, "examined": 1},
	"no document at all does not pass": {"input": {"documents": []}},
	"a statement about every version is denied": {
		"input": fixtures.with_values({"every_version": ["pkg:npm/a", "pkg:npm/b"]}),
		"deny": [fixtures.digest, fixtures.digest],
		"messages": [
			"it has a statement about every version of pkg:npm/a",
			"it has a statement about every version of pkg:npm/b",
		],
	},
}

test_cases if {
	every case in cases {
		shared.as_expected(exact, case) with input as case.input with data.data as shared.settings(case)
	}
}
