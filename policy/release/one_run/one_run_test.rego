package sealwright.release.one_run_test

import rego.v1

import data.sealwright.lib.fixtures
import data.sealwright.release.one_run

cases := {
	"a good document passes": {"input": fixtures.document, "examined": 2},
	"another run is denied": {
		"input": json.patch(fixtures.document, [{"op": "replace", "path": "/records/1/invocation", "value": "other"}]),
		"deny": ["generate_sbom"],
	},
	"another version is denied": {
		"input": json.patch(fixtures.document, [{"op": "replace", "path": "/records/1/version", "value": "0.9"}]),
		"deny": ["generate_sbom"],
	},
	"without a subject nothing passes": {
		"input": json.patch(fixtures.document, [{"op": "remove", "path": "/subject"}]),
	},
}

test_cases if {
	every case in cases {
		fixtures.as_expected(one_run, case) with input as case.input with data.data as fixtures.settings(case)
	}
}
