package sealwright.suppliers.valid_test

import rego.v1

import data.sealwright.lib.fixtures as shared
import data.sealwright.suppliers.lib.fixtures
import data.sealwright.suppliers.valid

cases := {
	"a good document passes": {"input": fixtures.good, "examined": 1},
	"no document at all does not pass": {"input": {"documents": []}},
	"a broken document is denied": {
		"input": fixtures.with_values({"defect_count": 2, "defects": ["/a: wrong", "/b: wrong"]}),
		"deny": [fixtures.digest],
		"messages": ["it breaks CycloneDX 1.6, defects: 2, first: /a: wrong; /b: wrong"],
	},
}

test_cases if {
	every case in cases {
		shared.as_expected(valid, case) with input as case.input with data.data as shared.settings(case)
	}
}
