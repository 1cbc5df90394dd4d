package sealwright.base.root_component_test

import rego.v1

import data.sealwright.base.root_component
import data.sealwright.lib.fixtures

cases := {
	"a good document passes": {"input": fixtures.document, "examined": 1},
	"a root without version is denied": {
		"input": json.patch(fixtures.document, [{"op": "replace", "path": "/sboms/0/root/version", "value": " "}]),
		"deny": ["dist:sbom/acme-sbom.json"],
	},
	"no root is denied": {
		"input": json.patch(fixtures.document, [{"op": "replace", "path": "/sboms/0/root", "value": {}}]),
		"deny": ["dist:sbom/acme-sbom.json", "dist:sbom/acme-sbom.json", "dist:sbom/acme-sbom.json"],
	},
}

test_cases if {
	every case in cases {
		fixtures.as_expected(root_component, case) with input as case.input with data.data as fixtures.settings(case)
	}
}
