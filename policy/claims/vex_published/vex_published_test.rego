package sealwright.claims.vex_published_test

import rego.v1

import data.sealwright.claims.lib.fixtures
import data.sealwright.claims.vex_published

cases := {
	"the good evidence supports it": {"patch": [], "pass": true},
	"no evidence at all": {"patch": [{"op": "remove", "path": "/release"}, {"op": "remove", "path": "/project"}]},
	"no release": {"patch": [{"op": "add", "path": "/release/present", "value": false}], "deny": ["release"]},
	"a retained file was changed": {"patch": [{"op": "add", "path": "/release/manifest/intact", "value": false}], "deny": ["manifest.json"]},
	"the release does not verify": {"patch": [{"op": "add", "path": "/release/verification/ruling", "value": "fail"}, {"op": "add", "path": "/release/verification/problems", "value": ["a.txt: is not signed"]}], "deny": ["verification"]},
	"nobody could verify": {"patch": [{"op": "add", "path": "/release/verification/ruling", "value": "not-examined"}], "unknown": ["verification"]},
	"another record of generate_vex": {"patch": [{"op": "add", "path": "/release/records/generate_vex/bound", "value": false}], "deny": ["generate_vex"]},
	"generate_vex failed": {"patch": [{"op": "add", "path": "/release/records/generate_vex/outcome", "value": "fail"}], "deny": ["generate_vex"]},
	"generate_vex could not look": {"patch": [{"op": "add", "path": "/release/records/generate_vex/outcome", "value": "not-examined"}], "unknown": ["generate_vex"]},
	"no record of generate_vex": {"patch": [{"op": "remove", "path": "/release/records/generate_vex"}]},
	"there is no VEX document": {"patch": [{"op": "add", "path": "/release/vex", "value": 0}], "deny": ["vex"]},
	"a VEX statement is from after the release, or had ended by then": {"patch": [{"op": "add", "path": "/release/verification/checks/vex.current/outcome", "value": "fail"}], "deny": ["vex.current"]},
}

test_cases if {
	every case in cases {
		fixtures.as_expected(vex_published, case) with input as json.patch(fixtures.evidence, case.patch)
	}
}
