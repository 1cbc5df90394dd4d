package sealwright.release.sboms_recorded_test

import rego.v1

import data.sealwright.lib.fixtures
import data.sealwright.release.sboms_recorded

cases := {
	"a good document passes": {"input": fixtures.document, "examined": 1},
	"an sbom of another digest is denied": {
		"input": json.patch(fixtures.document, [{"op": "replace", "path": "/sboms/0/sha256", "value": "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"}]),
		"deny": ["dist:sbom/acme-sbom.json"],
	},
}

test_cases if {
	every case in cases {
		fixtures.as_expected(sboms_recorded, case) with input as case.input with data.data as fixtures.settings(case)
	}
}
