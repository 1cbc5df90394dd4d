package sealwright.claims.licence_file_test

import rego.v1

import data.sealwright.claims.lib.fixtures
import data.sealwright.claims.licence_file

cases := {
	"the good evidence supports it": {"patch": [], "pass": true},
	"no evidence at all": {"patch": [{"op": "remove", "path": "/release"}, {"op": "remove", "path": "/project"}]},
	"no licence file was found": {"patch": [{"op": "add", "path": "/project/licence_file", "value": false}], "deny": ["licence"]},
}

test_cases if {
	every case in cases {
		fixtures.as_expected(licence_file, case) with input as json.patch(fixtures.evidence, case.patch)
	}
}
