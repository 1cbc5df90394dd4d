package sealwright.suppliers.signature_verifies_test

import rego.v1

import data.sealwright.lib.fixtures as shared
import data.sealwright.suppliers.lib.fixtures
import data.sealwright.suppliers.signature_verifies

cases := {
	"a good document passes": {"input": fixtures.good, "examined": 1},
	"no document at all does not pass": {"input": {"documents": []}},
	"a wrong signature is denied": {
		"input": fixtures.with_values({"signature": {"state": "invalid", "problem": "other bytes"}}),
		"deny": [fixtures.digest],
		"messages": ["its signature does not verify: other bytes"],
	},
}

test_cases if {
	every case in cases {
		shared.as_expected(signature_verifies, case) with input as case.input with data.data as shared.settings(case)
	}
}
