package sealwright.release.outcomes_test

import rego.v1

import data.sealwright.lib.fixtures
import data.sealwright.release.outcomes

cases := {
	"a good document passes": {"input": fixtures.document, "examined": 2},
	"a failure is denied": {
		"input": json.patch(fixtures.document, [{"op": "replace", "path": "/records/1/outcome", "value": "fail"}]),
		"deny": ["generate_sbom"],
		"messages": ["generate_sbom failed: 1 low finding, first: m"],
	},
	"a failure without a finding is denied": {
		"input": json.patch(fixtures.document, [
			{"op": "replace", "path": "/records/1/outcome", "value": "fail"},
			{"op": "replace", "path": "/records/1/open", "value": {"findings": "", "first": ""}},
		]),
		"deny": ["generate_sbom"],
		"messages": ["generate_sbom failed: its record has no finding that is open"],
	},
	"a failure of which nothing is known is denied": {
		"input": json.patch(fixtures.document, [
			{"op": "replace", "path": "/records/1/outcome", "value": "fail"},
			{"op": "remove", "path": "/records/1/open"},
		]),
		"deny": ["generate_sbom"],
		"messages": ["generate_sbom failed: its record has no finding that is open"],
	},
	"no outcome is denied": {
		"input": json.patch(fixtures.document, [{"op": "remove", "path": "/records/1/outcome"}]),
		"deny": ["generate_sbom"],
		"messages": ["the outcome is missing, expected pass"],
	},
	"not examined is neither denied nor passed": {
		"input": json.patch(fixtures.document, [{"op": "replace", "path": "/records/1/outcome", "value": "not-examined"}]),
		"unknown": ["generate_sbom"],
		"messages": ["generate_sbom did not examine everything: 1 low finding, first: m"],
	},
}

test_cases if {
	every case in cases {
		fixtures.as_expected(outcomes, case) with input as case.input with data.data as fixtures.settings(case)
	}
}
