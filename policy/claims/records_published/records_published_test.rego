package sealwright.claims.records_published_test

import rego.v1

import data.sealwright.claims.lib.fixtures
import data.sealwright.claims.records_published

cases := {
	"the good evidence supports it": {"patch": [], "pass": true},
	"no evidence at all": {"patch": [{"op": "remove", "path": "/release"}, {"op": "remove", "path": "/project"}]},
	"no release": {"patch": [{"op": "add", "path": "/release/present", "value": false}], "deny": ["release"]},
	"a retained file was changed": {"patch": [{"op": "add", "path": "/release/manifest/intact", "value": false}], "deny": ["manifest.json"]},
	"the release does not verify": {"patch": [{"op": "add", "path": "/release/verification/ruling", "value": "fail"}, {"op": "add", "path": "/release/verification/problems", "value": ["a.txt: is not signed"]}], "deny": ["verification"]},
	"nobody could verify": {"patch": [{"op": "add", "path": "/release/verification/ruling", "value": "not-examined"}], "unknown": ["verification"]},
	"the records are not those that the provenance names": {"patch": [{"op": "add", "path": "/release/verification/checks/gate.records/outcome", "value": "fail"}], "deny": ["gate.records"]},
	"a released file was written by no stage that left a record": {"patch": [{"op": "add", "path": "/release/verification/checks/gate.origin/outcome", "value": "fail"}], "deny": ["gate.origin"]},
}

test_cases if {
	every case in cases {
		fixtures.as_expected(records_published, case) with input as json.patch(fixtures.evidence, case.patch)
	}
}
