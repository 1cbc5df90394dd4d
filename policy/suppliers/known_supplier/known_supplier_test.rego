package sealwright.suppliers.known_supplier_test

import rego.v1

import data.sealwright.lib.fixtures as shared
import data.sealwright.suppliers.known_supplier
import data.sealwright.suppliers.lib.fixtures

cases := {
	"a good document passes": {"input": fixtures.good, "examined": 1},
	"no document at all does not pass": {"input": {"documents": []}},
	"a stated name that is none is denied": {
		"input": fixtures.with_values({"supplier": null, "stated_supplier": "Nemo"}),
		"deny": [fixtures.digest],
		"messages": ["Nemo is no configured supplier"],
	},
	"no supplier at all is denied": {
		"input": fixtures.with_values({"supplier": null, "stated_supplier": ""}),
		"deny": [fixtures.digest],
		"messages": ["nothing in it shows which configured supplier it is from"],
	},
}

test_cases if {
	every case in cases {
		shared.as_expected(known_supplier, case) with input as case.input with data.data as shared.settings(case)
	}
}
