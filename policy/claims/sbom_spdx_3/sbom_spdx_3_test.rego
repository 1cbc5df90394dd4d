package sealwright.claims.sbom_spdx_3_test

import rego.v1

import data.sealwright.claims.lib.fixtures
import data.sealwright.claims.sbom_spdx_3

cases := {
	"the good evidence supports it": {"patch": [], "pass": true},
	"no evidence at all": {"patch": [{"op": "remove", "path": "/release"}, {"op": "remove", "path": "/project"}]},
	"no release": {"patch": [{"op": "add", "path": "/release/present", "value": false}], "deny": ["release"]},
	"a retained file was changed": {"patch": [{"op": "add", "path": "/release/manifest/intact", "value": false}], "deny": ["manifest.json"]},
	"the release does not verify": {"patch": [{"op": "add", "path": "/release/verification/ruling", "value": "fail"}, {"op": "add", "path": "/release/verification/problems", "value": ["a.txt: is not signed"]}], "deny": ["verification"]},
	"nobody could verify": {"patch": [{"op": "add", "path": "/release/verification/ruling", "value": "not-examined"}], "unknown": ["verification"]},
	"the SBOM spdx3 is not there": {"patch": [{"op": "add", "path": "/release/sboms/spdx3/there", "value": false}], "deny": ["spdx3"]},
	"the SBOM spdx3 is not valid": {"patch": [{"op": "add", "path": "/release/sboms/spdx3/valid", "value": false}], "deny": ["spdx3"]},
	"the SBOM spdx3 is not describes": {"patch": [{"op": "add", "path": "/release/sboms/spdx3/describes", "value": false}], "deny": ["spdx3"]},
	"the SBOM is not SPDX 3.0.1": {"patch": [{"op": "add", "path": "/release/sboms/spdx3/version", "value": "0"}], "deny": ["spdx3"]},
}

test_cases if {
	every case in cases {
		fixtures.as_expected(sbom_spdx_3, case) with input as json.patch(fixtures.evidence, case.patch)
	}
}
