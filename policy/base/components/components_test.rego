package sealwright.base.components_test

import rego.v1

import data.sealwright.base.components
import data.sealwright.lib.fixtures

empty := json.patch(fixtures.document, [
	{"op": "replace", "path": "/sboms/0/components", "value": []},
	{"op": "replace", "path": "/sboms/0/explicitly_empty", "value": true},
])

cases := {
	"a good document passes": {"input": fixtures.document, "examined": 2},
	"no components are denied": {
		"input": json.patch(fixtures.document, [{"op": "replace", "path": "/sboms/0/components", "value": []}]),
		"deny": ["dist:sbom/acme-sbom.json"],
	},
	"a component without name is denied": {
		"input": json.patch(fixtures.document, [{"op": "replace", "path": "/sboms/0/components/0/name", "value": ""}]),
		"deny": ["components"],
	},
	"explicitly none passes": {"input": empty, "examined": 0},
}

test_cases if {
	every case in cases {
		fixtures.as_expected(components, case) with input as case.input with data.data as fixtures.settings(case)
	}
}
