package sealwright.claims.offline_verifiable_test

import rego.v1

import data.sealwright.claims.lib.fixtures
import data.sealwright.claims.offline_verifiable

cases := {
	"the good evidence supports it": {"patch": [], "pass": true},
	"no evidence at all": {"patch": [{"op": "remove", "path": "/release"}, {"op": "remove", "path": "/project"}]},
	"no release": {"patch": [{"op": "add", "path": "/release/present", "value": false}], "deny": ["release"]},
	"a retained file was changed": {"patch": [{"op": "add", "path": "/release/manifest/intact", "value": false}], "deny": ["manifest.json"]},
	"the release does not verify": {"patch": [{"op": "add", "path": "/release/verification/ruling", "value": "fail"}, {"op": "add", "path": "/release/verification/problems", "value": ["a.txt: is not signed"]}], "deny": ["verification"]},
	"nobody could verify": {"patch": [{"op": "add", "path": "/release/verification/ruling", "value": "not-examined"}], "unknown": ["verification"]},
	"not every file is signed": {"patch": [{"op": "add", "path": "/release/verification/signed", "value": false}], "deny": ["signatures"]},
	"the release carries no trusted root": {"patch": [{"op": "add", "path": "/release/verification/root_included", "value": false}], "deny": ["root"]},
	"not every signature has a proof of inclusion": {"patch": [{"op": "add", "path": "/release/verification/logged", "value": 1}], "deny": ["log"]},
}

test_cases if {
	every case in cases {
		fixtures.as_expected(offline_verifiable, case) with input as json.patch(fixtures.evidence, case.patch)
	}
}
