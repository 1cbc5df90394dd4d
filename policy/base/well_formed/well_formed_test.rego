package sealwright.base.well_formed_test

import rego.v1

import data.sealwright.base.well_formed
import data.sealwright.lib.fixtures

cases := {
	"a good document passes": {"input": fixtures.document, "examined": 1},
	"a problem is denied": {
		"input": json.patch(fixtures.document, [{"op": "replace", "path": "/sboms/0/problems", "value": [{"path": "$.x", "message": "expected y"}]}]),
		"deny": ["dist:sbom/acme-sbom.json"],
	},
	"no sbom is denied": {
		"input": json.patch(fixtures.document, [{"op": "replace", "path": "/sboms", "value": []}]),
		"deny": ["SBOM"],
	},
	"without the list of problems nothing passes": {
		"input": json.patch(fixtures.document, [{"op": "remove", "path": "/sboms/0/problems"}]),
	},
}

test_cases if {
	every case in cases {
		fixtures.as_expected(well_formed, case) with input as case.input with data.data as fixtures.settings(case)
	}
}
