package sealwright.suppliers.product_test

import rego.v1

import data.sealwright.lib.fixtures as shared
import data.sealwright.suppliers.lib.fixtures
import data.sealwright.suppliers.product

cases := {
	"a good document passes": {"input": fixtures.good, "examined": 1},
	"no document at all does not pass": {"input": {"documents": []}},
	"another product is denied": {
		"input": fixtures.with_values({"product_allowed": false}),
		"deny": [fixtures.digest],
		"messages": ["it is about pkg:generic/thing, which is not one of the products that we have agreed on"],
	},
	"no product is denied": {
		"input": fixtures.with_values({"product_allowed": false, "product": ""}),
		"deny": [fixtures.digest],
		"messages": ["it is about a product that it does not name, which is not one of the products that we have agreed on"],
	},
}

test_cases if {
	every case in cases {
		shared.as_expected(product, case) with input as case.input with data.data as shared.settings(case)
	}
}
