package sealwright.claims.public_log_signatures_test

import rego.v1

import data.sealwright.claims.lib.fixtures
import data.sealwright.claims.public_log_signatures

cases := {
	"the good evidence supports it": {"patch": [], "pass": true},
	"no evidence at all": {"patch": [{"op": "remove", "path": "/release"}, {"op": "remove", "path": "/project"}]},
	"no release": {"patch": [{"op": "add", "path": "/release/present", "value": false}], "deny": ["release"]},
	"a retained file was changed": {"patch": [{"op": "add", "path": "/release/manifest/intact", "value": false}], "deny": ["manifest.json"]},
	"the release does not verify": {"patch": [{"op": "add", "path": "/release/verification/ruling", "value": "fail"}, {"op": "add", "path": "/release/verification/problems", "value": ["a.txt: is not signed"]}], "deny": ["verification"]},
	"nobody could verify": {"patch": [{"op": "add", "path": "/release/verification/ruling", "value": "not-examined"}], "unknown": ["verification"]},
	"a rehearsal": {"patch": [{"op": "add", "path": "/release/rehearsal", "value": true}], "deny": ["rehearsal"]},
	"not every file is signed": {"patch": [{"op": "add", "path": "/release/verification/signed", "value": false}], "deny": ["signatures"]},
	"the signatures go back to another root than that of the public instance": {"patch": [{"op": "add", "path": "/release/verification/public_root", "value": false}], "deny": ["root"]},
	"not every signature has a proof of inclusion": {"patch": [{"op": "add", "path": "/release/verification/logged", "value": 1}], "deny": ["log"]},
}

test_cases if {
	every case in cases {
		fixtures.as_expected(public_log_signatures, case) with input as json.patch(fixtures.evidence, case.patch)
	}
}
