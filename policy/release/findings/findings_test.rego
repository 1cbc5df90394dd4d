package sealwright.release.findings_test

import rego.v1

import data.sealwright.lib.fixtures
import data.sealwright.release.findings

waived := json.patch(fixtures.document, [
	{"op": "replace", "path": "/records/1/findings/0/severity", "value": "critical"},
	{"op": "replace", "path": "/records/1/findings/0/waived_by", "value": "CVE-2026-1"},
])

cases := {
	"a good document passes": {"input": fixtures.document, "examined": 1},
	"a high finding is denied": {
		"input": json.patch(fixtures.document, [{"op": "replace", "path": "/records/1/findings/0/severity", "value": "high"}]),
		"deny": ["s"],
	},
	"no severity is denied": {
		"input": json.patch(fixtures.document, [{"op": "remove", "path": "/records/1/findings/0/severity"}]),
		"deny": ["s"],
	},
	"an unknown severity is denied": {
		"input": json.patch(fixtures.document, [{"op": "replace", "path": "/records/1/findings/0/severity", "value": "meh"}]),
		"deny": ["s"],
	},
	"without blocking severities nothing passes": {
		"input": json.patch(fixtures.document, [{"op": "replace", "path": "/records/1/findings/0/severity", "value": "high"}]),
		"data": {"release": {"blocking_severities": []}},
	},
	"a waiver covers it": {"input": waived, "examined": 1},
}

test_cases if {
	every case in cases {
		fixtures.as_expected(findings, case) with input as case.input with data.data as fixtures.settings(case)
	}
}
