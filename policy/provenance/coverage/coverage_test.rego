package sealwright.provenance.coverage_test

import rego.v1

import data.sealwright.lib.fixtures
import data.sealwright.provenance.coverage

cases := {
	"a good document passes": {"input": fixtures.document, "examined": 1},
	"a file not covered is denied": {
		"input": json.patch(fixtures.document, [{"op": "replace", "path": "/released/0/subject", "value": ""}]),
		"deny": ["dist:sbom/acme-sbom.json"],
	},
	"a subject that is no file is denied": {
		"input": json.patch(fixtures.document, [{"op": "replace", "path": "/provenance/subjects/0/file", "value": ""}]),
		"deny": ["acme-1.0-sbom.cdx.json"],
	},
	"nothing released does not pass": {
		"input": json.patch(fixtures.document, [{"op": "replace", "path": "/released", "value": []}]),
	},
}

test_cases if {
	every case in cases {
		fixtures.as_expected(coverage, case) with input as case.input with data.data as fixtures.settings(case)
	}
}
