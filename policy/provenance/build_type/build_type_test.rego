package sealwright.provenance.build_type_test

import rego.v1

import data.sealwright.lib.fixtures
import data.sealwright.provenance.build_type

cases := {
	"a good document passes": {"input": fixtures.document, "examined": 1},
	"no build type is denied": {
		"input": json.patch(fixtures.document, [{"op": "replace", "path": "/provenance/build_type", "value": "by hand"}]),
		"deny": ["buildDefinition.buildType"],
	},
}

test_cases if {
	every case in cases {
		fixtures.as_expected(build_type, case) with input as case.input with data.data as fixtures.settings(case)
	}
}
