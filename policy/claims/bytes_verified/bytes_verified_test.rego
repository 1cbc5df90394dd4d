package sealwright.claims.bytes_verified_test

import rego.v1

import data.sealwright.claims.bytes_verified
import data.sealwright.claims.lib.fixtures

cases := {
	"a version may have several files": {
		"patch": [{"op": "add", "path": "/release/records/check_hashes/counts/files", "value": 90}],
		"pass": true,
	},
	"what retained releases verified is not what the index sends today": {
		"patch": [{"op": "add", "path": "/release/records/check_hashes/options/bytes", "value": "changed"}],
		"only": ["option"],
	},
}

test_cases if {
	every case in cases {
		fixtures.as_expected(bytes_verified.needs, case) with input as json.patch(fixtures.evidence, case.patch)
	}
}
