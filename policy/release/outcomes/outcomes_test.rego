package sealwright.release.outcomes_test

import rego.v1

import data.sealwright.lib.fixtures
import data.sealwright.release.outcomes

cases := {
	"a good document passes": {"input": fixtures.document, "examined": 2},
	"a failure is denied": {
		"input": json.patch(fixtures.document, [{"op": "replace", "path": "/records/1/outcome", "value": "fail"}]),
		"deny": ["generate_sbom"],
	},
	"no outcome is denied": {
		"input": json.patch(fixtures.document, [{"op": "remove", "path": "/records/1/outcome"}]),
		"deny": ["generate_sbom"],
	},
	"not examined is no denial and no pass": {
		"input": json.patch(fixtures.document, [{"op": "replace", "path": "/records/1/outcome", "value": "not-examined"}]),
		"unknown": ["generate_sbom"],
	},
}

test_cases if {
	every case in cases {
		fixtures.as_expected(outcomes, case) with input as case.input with data.data as fixtures.settings(case)
	}
}
