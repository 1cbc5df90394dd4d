package sealwright.claims.retention_chain_intact_test

import rego.v1

import data.sealwright.claims.lib.fixtures
import data.sealwright.claims.retention_chain_intact

cases := {
	"the good evidence supports it": {"patch": [], "pass": true},
	"no evidence at all": {"patch": [{"op": "remove", "path": "/release"}, {"op": "remove", "path": "/project"}]},
	"no release": {"patch": [{"op": "add", "path": "/release/present", "value": false}], "deny": ["release"]},
	"a retained file was changed": {"patch": [{"op": "add", "path": "/release/manifest/intact", "value": false}], "deny": ["manifest.json"]},
	"the release does not verify": {"patch": [{"op": "add", "path": "/release/verification/ruling", "value": "fail"}, {"op": "add", "path": "/release/verification/problems", "value": ["a.txt: is not signed"]}], "deny": ["verification"]},
	"nobody could verify": {"patch": [{"op": "add", "path": "/release/verification/ruling", "value": "not-examined"}], "unknown": ["verification"]},
	"the chain of retained releases is broken": {"patch": [{"op": "add", "path": "/release/manifest/chain_intact", "value": false}], "deny": ["chain"]},
	"no release is retained": {"patch": [{"op": "add", "path": "/release/manifest/releases", "value": 0}], "deny": ["releases"]},
}

test_cases if {
	every case in cases {
		fixtures.as_expected(retention_chain_intact, case) with input as json.patch(fixtures.evidence, case.patch)
	}
}
