package sealwright.suppliers.stated_supplier_test

import rego.v1

import data.sealwright.lib.fixtures as shared
import data.sealwright.suppliers.lib.fixtures
import data.sealwright.suppliers.stated_supplier

cases := {
	"a good document passes": {"input": fixtures.good, "examined": 1},
	"no document at all does not pass": {"input": {"documents": []}},
	"another signer is denied": {
		"input": fixtures.with_values({"stated_supplier": "Other"}),
		"deny": [fixtures.digest],
		"messages": ["it came in another supplier's name than that of its signer, Acme"],
	},
	"an unsigned document passes here": {"input": fixtures.with_values({"signature": {"supplier": ""}}), "examined": 1},
}

test_cases if {
	every case in cases {
		shared.as_expected(stated_supplier, case) with input as case.input with data.data as shared.settings(case)
	}
}
