package sealwright.claims.release_cool_down_test

import rego.v1

import data.sealwright.claims.lib.fixtures
import data.sealwright.claims.release_cool_down

cases := {
	"a timestamp that was set by hand is denied": {
		"patch": [{"op": "add", "path": "/release/provenance/moment_from", "value": "source-date-epoch"}],
		"deny": ["moment"],
	},
}

test_cases if {
	every case in cases {
		fixtures.as_expected(release_cool_down.needs, case) with input as json.patch(fixtures.evidence, case.patch)
	}
}
