package sealwright.claims.checksums_published_test

import rego.v1

import data.sealwright.claims.lib.fixtures
import data.sealwright.claims.checksums_published

cases := {
	"the good evidence supports it": {"patch": [], "pass": true},
	"no evidence at all": {"patch": [{"op": "remove", "path": "/release"}, {"op": "remove", "path": "/project"}]},
	"no release": {"patch": [{"op": "add", "path": "/release/present", "value": false}], "deny": ["release"]},
	"a retained file was changed": {"patch": [{"op": "add", "path": "/release/manifest/intact", "value": false}], "deny": ["manifest.json"]},
	"the release does not verify": {"patch": [{"op": "add", "path": "/release/verification/ruling", "value": "fail"}, {"op": "add", "path": "/release/verification/problems", "value": ["a.txt: is not signed"]}], "deny": ["verification"]},
	"nobody could verify": {"patch": [{"op": "add", "path": "/release/verification/ruling", "value": "not-examined"}], "unknown": ["verification"]},
	"the checksums are not those of the files": {"patch": [{"op": "add", "path": "/release/verification/checks/files.listed/outcome", "value": "fail"}], "deny": ["files.listed"]},
}

test_cases if {
	every case in cases {
		fixtures.as_expected(checksums_published, case) with input as json.patch(fixtures.evidence, case.patch)
	}
}
