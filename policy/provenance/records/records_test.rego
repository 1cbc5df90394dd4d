package sealwright.provenance.records_test

import rego.v1

import data.sealwright.lib.fixtures
import data.sealwright.provenance.records

cases := {
	"a good document passes": {"input": fixtures.document, "examined": 2},
	"a record not listed is denied": {
		"input": json.patch(fixtures.document, [{"op": "replace", "path": "/provenance/byproducts", "value": ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"]}]),
		"deny": ["generate_sbom"],
	},
	"no records do not pass": {
		"input": json.patch(fixtures.document, [{"op": "replace", "path": "/records", "value": []}]),
	},
}

test_cases if {
	every case in cases {
		fixtures.as_expected(records, case) with input as case.input with data.data as fixtures.settings(case)
	}
}
