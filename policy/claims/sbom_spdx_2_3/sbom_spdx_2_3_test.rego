package sealwright.claims.sbom_spdx_2_3_test

import rego.v1

import data.sealwright.claims.lib.fixtures
import data.sealwright.claims.sbom_spdx_2_3

cases := {
	"the good evidence supports it": {"patch": [], "pass": true},
	"no evidence at all": {"patch": [{"op": "remove", "path": "/release"}, {"op": "remove", "path": "/project"}]},
	"no release": {"patch": [{"op": "add", "path": "/release/present", "value": false}], "deny": ["release"]},
	"a retained file was changed": {"patch": [{"op": "add", "path": "/release/manifest/intact", "value": false}], "deny": ["manifest.json"]},
	"the release does not verify": {"patch": [{"op": "add", "path": "/release/verification/ruling", "value": "fail"}, {"op": "add", "path": "/release/verification/problems", "value": ["a.txt: is not signed"]}], "deny": ["verification"]},
	"nobody could verify": {"patch": [{"op": "add", "path": "/release/verification/ruling", "value": "not-examined"}], "unknown": ["verification"]},
	"the SBOM spdx2 is not there": {"patch": [{"op": "add", "path": "/release/sboms/spdx2/there", "value": false}], "deny": ["spdx2"]},
	"the SBOM spdx2 is not valid": {"patch": [{"op": "add", "path": "/release/sboms/spdx2/valid", "value": false}], "deny": ["spdx2"]},
	"the SBOM spdx2 is not describes": {"patch": [{"op": "add", "path": "/release/sboms/spdx2/describes", "value": false}], "deny": ["spdx2"]},
	"the SBOM is not SPDX 2.3": {"patch": [{"op": "add", "path": "/release/sboms/spdx2/version", "value": "0"}], "deny": ["spdx2"]},
}

test_cases if {
	every case in cases {
		fixtures.as_expected(sbom_spdx_2_3, case) with input as json.patch(fixtures.evidence, case.patch)
	}
}
