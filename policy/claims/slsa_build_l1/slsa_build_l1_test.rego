package sealwright.claims.slsa_build_l1_test

import rego.v1

import data.sealwright.claims.lib.fixtures
import data.sealwright.claims.slsa_build_l1

cases := {
	"the good evidence supports it": {"patch": [], "pass": true},
	"no evidence at all": {"patch": [{"op": "remove", "path": "/release"}, {"op": "remove", "path": "/project"}]},
	"no release": {"patch": [{"op": "add", "path": "/release/present", "value": false}], "deny": ["release"]},
	"a retained file was changed": {"patch": [{"op": "add", "path": "/release/manifest/intact", "value": false}], "deny": ["manifest.json"]},
	"the release does not verify": {"patch": [{"op": "add", "path": "/release/verification/ruling", "value": "fail"}, {"op": "add", "path": "/release/verification/problems", "value": ["a.txt: is not signed"]}], "deny": ["verification"]},
	"nobody could verify": {"patch": [{"op": "add", "path": "/release/verification/ruling", "value": "not-examined"}], "unknown": ["verification"]},
	"a rehearsal": {"patch": [{"op": "add", "path": "/release/rehearsal", "value": true}], "deny": ["rehearsal"]},
	"the verification shows less than Build Level 1": {"patch": [{"op": "add", "path": "/release/verification/level", "value": 0}], "deny": ["level"]},
	"the provenance does not cover exactly the files of the release": {"patch": [{"op": "add", "path": "/release/verification/checks/provenance.subjects/outcome", "value": "fail"}], "deny": ["provenance.subjects"]},
}

test_cases if {
	every case in cases {
		fixtures.as_expected(slsa_build_l1, case) with input as json.patch(fixtures.evidence, case.patch)
	}
}
