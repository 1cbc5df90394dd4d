package sealwright.claims.provenance_published_test

import rego.v1

import data.sealwright.claims.lib.fixtures
import data.sealwright.claims.provenance_published

cases := {
	"the good evidence supports it": {"patch": [], "pass": true},
	"no evidence at all": {"patch": [{"op": "remove", "path": "/release"}, {"op": "remove", "path": "/project"}]},
	"no release": {"patch": [{"op": "add", "path": "/release/present", "value": false}], "deny": ["release"]},
	"a retained file was changed": {"patch": [{"op": "add", "path": "/release/manifest/intact", "value": false}], "deny": ["manifest.json"]},
	"the release does not verify": {"patch": [{"op": "add", "path": "/release/verification/ruling", "value": "fail"}, {"op": "add", "path": "/release/verification/problems", "value": ["a.txt: is not signed"]}], "deny": ["verification"]},
	"nobody could verify": {"patch": [{"op": "add", "path": "/release/verification/ruling", "value": "not-examined"}], "unknown": ["verification"]},
	"the provenance is no statement of the known kind": {"patch": [{"op": "add", "path": "/release/verification/checks/provenance.statement/outcome", "value": "fail"}], "deny": ["provenance.statement"]},
	"the provenance does not cover exactly the files of the release": {"patch": [{"op": "add", "path": "/release/verification/checks/provenance.subjects/outcome", "value": "fail"}], "deny": ["provenance.subjects"]},
	"the provenance has parameters that are not known": {"patch": [{"op": "add", "path": "/release/verification/checks/provenance.parameters/outcome", "value": "fail"}], "deny": ["provenance.parameters"]},
}

test_cases if {
	every case in cases {
		fixtures.as_expected(provenance_published, case) with input as json.patch(fixtures.evidence, case.patch)
	}
}
