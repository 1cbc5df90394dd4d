package sealwright.suppliers.signed_test

import rego.v1

import data.sealwright.lib.fixtures as shared
import data.sealwright.suppliers.lib.fixtures
import data.sealwright.suppliers.signed

cases := {
	"a good document passes": {"input": fixtures.good, "examined": 1},
	"no document at all does not pass": {"input": {"documents": []}},
	"no signature is denied": {
		"input": fixtures.with_values({"signature": {"state": "none"}}),
		"deny": [fixtures.digest],
		"messages": ["it is not signed"],
	},
	"an unknown signer is denied": {
		"input": fixtures.with_values({"signature": {"state": "stranger", "problem": "is signed by x"}}),
		"deny": [fixtures.digest],
		"messages": ["is signed by x"],
	},
	"what could not be checked is denied": {
		"input": fixtures.with_values({"signature": {"state": "unchecked", "problem": "no key"}}),
		"deny": [fixtures.digest],
		"messages": ["no key"],
	},
	"an unknown state is denied": {
		"input": fixtures.with_values({"signature": {"state": "?", "problem": "p"}}),
		"deny": [fixtures.digest],
		"messages": ["p"],
	},
}

test_cases if {
	every case in cases {
		shared.as_expected(signed, case) with input as case.input with data.data as shared.settings(case)
	}
}
