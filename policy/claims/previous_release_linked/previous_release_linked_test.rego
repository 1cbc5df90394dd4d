package sealwright.claims.previous_release_linked_test

import rego.v1

import data.sealwright.claims.lib.fixtures
import data.sealwright.claims.previous_release_linked

cases := {
	"the good evidence supports it": {"patch": [], "pass": true},
	"no evidence at all": {"patch": [{"op": "remove", "path": "/release"}, {"op": "remove", "path": "/project"}]},
	"no release": {"patch": [{"op": "add", "path": "/release/present", "value": false}], "deny": ["release"]},
	"a retained file was changed": {"patch": [{"op": "add", "path": "/release/manifest/intact", "value": false}], "deny": ["manifest.json"]},
	"the release does not verify": {"patch": [{"op": "add", "path": "/release/verification/ruling", "value": "fail"}, {"op": "add", "path": "/release/verification/problems", "value": ["a.txt: is not signed"]}], "deny": ["verification"]},
	"nobody could verify": {"patch": [{"op": "add", "path": "/release/verification/ruling", "value": "not-examined"}], "unknown": ["verification"]},
	"the provenance names no release before this one": {"patch": [{"op": "add", "path": "/release/provenance/previous", "value": ""}], "deny": ["previous"]},
	"no retained release is the one that the provenance names as the one before": {"patch": [{"op": "add", "path": "/release/verification/checks/chain.previous/outcome", "value": "fail"}], "deny": ["chain.previous"]},
}

test_cases if {
	every case in cases {
		fixtures.as_expected(previous_release_linked, case) with input as json.patch(fixtures.evidence, case.patch)
	}
}
