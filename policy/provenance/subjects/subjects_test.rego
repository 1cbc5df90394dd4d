package sealwright.provenance.subjects_test

import rego.v1

import data.sealwright.lib.fixtures
import data.sealwright.provenance.subjects

cases := {
	"a good document passes": {"input": fixtures.document, "examined": 1},
	"no subject is denied": {
		"input": json.patch(fixtures.document, [{"op": "replace", "path": "/provenance/subjects", "value": []}]),
		"deny": ["subject"],
	},
	"a subject without digest is denied": {
		"input": json.patch(fixtures.document, [{"op": "replace", "path": "/provenance/subjects/0/sha256", "value": ""}]),
		"deny": ["acme-1.0-sbom.cdx.json"],
	},
	"a name twice is denied": {
		"input": json.patch(fixtures.document, [{"op": "replace", "path": "/provenance/duplicates", "value": ["x"]}]),
		"deny": ["x"],
	},
}

test_cases if {
	every case in cases {
		fixtures.as_expected(subjects, case) with input as case.input with data.data as fixtures.settings(case)
	}
}
