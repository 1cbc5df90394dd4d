package sealwright.cisa_2026.generation_context_test

import rego.v1

import data.sealwright.cisa_2026.generation_context
import data.sealwright.lib.fixtures

cases := {
	"a good document passes": {"input": fixtures.document, "examined": 1},
	"missing is denied": {
		"input": json.patch(fixtures.document, [{"op": "replace", "path": "/sboms/0/document/generation_context", "value": "missing"}]),
		"deny": ["dist:sbom/acme-sbom.json"],
	},
	"not stated is denied": {
		"input": json.patch(fixtures.document, [{"op": "remove", "path": "/sboms/0/document/generation_context"}]),
		"deny": ["dist:sbom/acme-sbom.json"],
	},
	"stated unknown passes": {
		"input": json.patch(fixtures.document, [{"op": "replace", "path": "/sboms/0/document/generation_context", "value": "unknown"}]),
		"examined": 1,
	},
}

test_cases if {
	every case in cases {
		fixtures.as_expected(generation_context, case) with input as case.input with data.data as fixtures.settings(case)
	}
}
