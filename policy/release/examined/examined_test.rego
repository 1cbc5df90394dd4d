package sealwright.release.examined_test

import rego.v1

import data.sealwright.lib.fixtures
import data.sealwright.release.examined

empty := json.patch(fixtures.document, [
	{"op": "replace", "path": "/records/1/counts", "value": {"locked": 0, "examined": 0}},
	{"op": "replace", "path": "/sboms/0/components", "value": []},
	{"op": "replace", "path": "/sboms/0/explicitly_empty", "value": true},
])

cases := {
	"a good document passes": {"input": fixtures.document, "examined": 2},
	"one not examined is denied": {
		"input": json.patch(fixtures.document, [{"op": "replace", "path": "/records/1/counts/examined", "value": 1}]),
		"deny": ["generate_sbom"],
	},
	"less than locked, and the outcome is not-examined, is not examined": {
		"input": json.patch(fixtures.document, [
			{"op": "replace", "path": "/records/1/counts/examined", "value": 1},
			{"op": "replace", "path": "/records/1/outcome", "value": "not-examined"},
		]),
		"unknown": ["generate_sbom"],
	},
	"all that could be read, and not everything, is not examined": {
		"input": json.patch(fixtures.document, [{"op": "replace", "path": "/records/1/outcome", "value": "not-examined"}]),
		"unknown": ["generate_sbom"],
	},
	"nothing locked is denied": {
		"input": json.patch(fixtures.document, [{"op": "replace", "path": "/records/1/counts", "value": {"locked": 0, "examined": 0}}]),
		"deny": ["generate_sbom"],
	},
	"no counts are denied": {
		"input": json.patch(fixtures.document, [{"op": "replace", "path": "/records/1/counts", "value": {}}]),
		"deny": ["generate_sbom"],
	},
	"nothing locked is good where there is nothing": {"input": empty, "examined": 0},
}

test_cases if {
	every case in cases {
		fixtures.as_expected(examined, case) with input as case.input with data.data as fixtures.settings(case)
	}
}
