package sealwright.release.artifacts_unchanged_test

import rego.v1

import data.sealwright.lib.fixtures
import data.sealwright.release.artifacts_unchanged

cases := {
	"a good document passes": {"input": fixtures.document, "examined": 1},
	"another digest is denied": {
		"input": json.patch(fixtures.document, [{"op": "replace", "path": "/records/1/writes/0/actual", "value": "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"}]),
		"deny": ["dist:sbom/acme-sbom.json"],
	},
	"a file that is gone is denied": {
		"input": json.patch(fixtures.document, [{"op": "replace", "path": "/records/1/writes/0/actual", "value": ""}]),
		"deny": ["dist:sbom/acme-sbom.json"],
	},
}

test_cases if {
	every case in cases {
		fixtures.as_expected(artifacts_unchanged, case) with input as case.input with data.data as fixtures.settings(case)
	}
}
