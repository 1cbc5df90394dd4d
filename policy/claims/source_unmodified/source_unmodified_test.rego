package sealwright.claims.source_unmodified_test

import rego.v1

import data.sealwright.claims.lib.fixtures
import data.sealwright.claims.source_unmodified

cases := {
	"the good evidence supports it": {"patch": [], "pass": true},
	"no evidence at all": {"patch": [{"op": "remove", "path": "/release"}, {"op": "remove", "path": "/project"}]},
	"no release": {"patch": [{"op": "add", "path": "/release/present", "value": false}], "deny": ["release"]},
	"a retained file was changed": {"patch": [{"op": "add", "path": "/release/manifest/intact", "value": false}], "deny": ["manifest.json"]},
	"the release does not verify": {"patch": [{"op": "add", "path": "/release/verification/ruling", "value": "fail"}, {"op": "add", "path": "/release/verification/problems", "value": ["a.txt: is not signed"]}], "deny": ["verification"]},
	"nobody could verify": {"patch": [{"op": "add", "path": "/release/verification/ruling", "value": "not-examined"}], "unknown": ["verification"]},
	"the provenance names no commit": {"patch": [{"op": "add", "path": "/release/provenance/commit", "value": ""}], "deny": ["commit"]},
	"the provenance does not say that the folder was as the commit has it": {"patch": [{"op": "add", "path": "/release/provenance/clean", "value": false}], "deny": ["source"]},
}

test_cases if {
	every case in cases {
		fixtures.as_expected(source_unmodified, case) with input as json.patch(fixtures.evidence, case.patch)
	}
}
