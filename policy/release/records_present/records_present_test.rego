package sealwright.release.records_present_test

import rego.v1

import data.sealwright.lib.fixtures
import data.sealwright.release.records_present

required := {"release": {"required_stages": ["bundle_evidence", "generate_sbom"]}}

cases := {
	"a good document passes": {"input": fixtures.document, "data": required, "examined": 2},
	"a missing record is denied": {
		"input": json.patch(fixtures.document, [{"op": "remove", "path": "/records/0"}]),
		"data": required,
		"deny": ["bundle_evidence"],
	},
	"no records do not pass": {
		"input": json.patch(fixtures.document, [{"op": "remove", "path": "/records"}]),
		"data": required,
		"deny": ["bundle_evidence", "generate_sbom"],
	},
}

test_cases if {
	every case in cases {
		fixtures.as_expected(records_present, case) with input as case.input with data.data as fixtures.settings(case)
	}
}
