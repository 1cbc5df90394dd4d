package sealwright.claims.deterministic_artifacts_test

import rego.v1

import data.sealwright.claims.deterministic_artifacts
import data.sealwright.claims.lib.fixtures

cases := {
	"an SBOM that does not exist has no timestamp": {
		"patch": [
			{"op": "add", "path": "/release/sboms/spdx3/there", "value": false},
			{"op": "add", "path": "/release/sboms/spdx3/at_source_moment", "value": false},
		],
		"pass": true,
	},
	"SOURCE_DATE_EPOCH is a timestamp of the source": {
		"patch": [{"op": "add", "path": "/release/provenance/moment_from", "value": "source-date-epoch"}],
		"pass": true,
	},
}

test_cases if {
	every case in cases {
		fixtures.as_expected(deterministic_artifacts.needs, case) with input as json.patch(fixtures.evidence, case.patch)
	}
}
