package sealwright.claims.verified_before_release_test

import rego.v1

import data.sealwright.claims.lib.fixtures
import data.sealwright.claims.verified_before_release

cases := {
	"the good evidence supports it": {"patch": [], "pass": true},
	"no evidence at all": {"patch": [{"op": "remove", "path": "/release"}, {"op": "remove", "path": "/project"}]},
	"no release": {"patch": [{"op": "add", "path": "/release/present", "value": false}], "deny": ["release"]},
	"a retained file was changed": {"patch": [{"op": "add", "path": "/release/manifest/intact", "value": false}], "deny": ["manifest.json"]},
	"the release does not verify": {"patch": [{"op": "add", "path": "/release/verification/ruling", "value": "fail"}, {"op": "add", "path": "/release/verification/problems", "value": ["a.txt: is not signed"]}], "deny": ["verification"]},
	"nobody could verify": {"patch": [{"op": "add", "path": "/release/verification/ruling", "value": "not-examined"}], "unknown": ["verification"]},
	"it is a rehearsal, which no customer's verification accepts": {"patch": [{"op": "add", "path": "/release/rehearsal", "value": true}], "deny": ["rehearsal"]},
	"no report of a verification is kept beside the release": {"patch": [{"op": "add", "path": "/release/kept/there", "value": false}], "deny": ["kept"]},
	"no report that is kept is about exactly these files": {"patch": [{"op": "add", "path": "/release/kept/same", "value": false}], "deny": ["kept"]},
	"no report that is kept says that the release verifies": {"patch": [{"op": "add", "path": "/release/kept/ruling", "value": "fail"}], "deny": ["kept"]},
}

test_cases if {
	every case in cases {
		fixtures.as_expected(verified_before_release, case) with input as json.patch(fixtures.evidence, case.patch)
	}
}
