package sealwright.suppliers.format_test

import rego.v1

import data.sealwright.lib.fixtures as shared
import data.sealwright.suppliers.format
import data.sealwright.suppliers.lib.fixtures

cases := {
	"a good document passes": {"input": fixtures.good, "examined": 1},
	"no document at all does not pass": {"input": {"documents": []}},
	"another format is denied": {
		"input": fixtures.with_values({"format": "SPDX 2.3", "standard": "SPDX"}),
		"deny": [fixtures.digest],
		"messages": ["it is SPDX 2.3, and we have agreed on CycloneDX"],
	},
	"a standard with its version passes": {"input": fixtures.with_values({"supplier": {"formats": ["CycloneDX 1.6"]}}), "examined": 1},
	"without formats any passes": {"input": fixtures.with_values({"supplier": {"formats": []}, "format": "SPDX 2.3", "standard": "SPDX"}), "examined": 1},
}

test_cases if {
	every case in cases {
		shared.as_expected(format, case) with input as case.input with data.data as shared.settings(case)
	}
}
