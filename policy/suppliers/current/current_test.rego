package sealwright.suppliers.current_test

import rego.v1

import data.sealwright.lib.fixtures as shared
import data.sealwright.suppliers.current
import data.sealwright.suppliers.lib.fixtures

cases := {
	"a good document passes": {"input": fixtures.good, "examined": 1},
	"no document at all does not pass": {"input": {"documents": []}},
	"no time is denied": {
		"input": fixtures.with_values({"age_seconds": null}),
		"deny": [fixtures.digest],
		"messages": ["it does not state when it was made"],
	},
	"a time in the future is denied": {
		"input": fixtures.with_values({"age_seconds": -3601}),
		"deny": [fixtures.digest],
		"messages": ["the time that it states is in the future"],
	},
	"a statement of the future is denied": {
		"input": fixtures.with_values({"newest_age_seconds": -3601}),
		"deny": [fixtures.digest],
		"messages": ["it has a statement whose time is in the future"],
	},
	"without times of statements the document's counts": {"input": fixtures.with_values({"newest_age_seconds": null}), "examined": 1},
	"an old one is denied": {
		"input": fixtures.with_values({"age_seconds": 2678400}),
		"deny": [fixtures.digest],
		"messages": ["it is 31 days old, and may be 30"],
	},
	"a clock that is a little ahead passes": {"input": fixtures.with_values({"age_seconds": -3600}), "examined": 1},
	"without a limit any age passes": {"input": fixtures.with_values({"age_seconds": 999999999, "supplier": {"max_age_days": null}}), "examined": 1},
	"without a supplier there is no limit": {"input": fixtures.with_values({"age_seconds": 999999999, "supplier": null}), "examined": 1},
}

test_cases if {
	every case in cases {
		shared.as_expected(current, case) with input as case.input with data.data as shared.settings(case)
	}
}
