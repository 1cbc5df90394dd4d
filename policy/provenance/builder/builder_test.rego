package sealwright.provenance.builder_test

import rego.v1

import data.sealwright.lib.fixtures
import data.sealwright.provenance.builder

cases := {
	"a good document passes": {"input": fixtures.document, "examined": 1},
	"no builder is denied": {
		"input": json.patch(fixtures.document, [{"op": "replace", "path": "/provenance/builder_id", "value": ""}]),
		"deny": ["runDetails.builder.id"],
	},
}

test_cases if {
	every case in cases {
		fixtures.as_expected(builder, case) with input as case.input with data.data as fixtures.settings(case)
	}
}
