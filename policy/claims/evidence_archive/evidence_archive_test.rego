package sealwright.claims.evidence_archive_test

import rego.v1

import data.sealwright.claims.lib.fixtures
import data.sealwright.claims.evidence_archive

cases := {
	"the good evidence supports it": {"patch": [], "pass": true},
	"no evidence at all": {"patch": [{"op": "remove", "path": "/release"}, {"op": "remove", "path": "/project"}]},
	"no release": {"patch": [{"op": "add", "path": "/release/present", "value": false}], "deny": ["release"]},
	"a retained file was changed": {"patch": [{"op": "add", "path": "/release/manifest/intact", "value": false}], "deny": ["manifest.json"]},
	"the release does not verify": {"patch": [{"op": "add", "path": "/release/verification/ruling", "value": "fail"}, {"op": "add", "path": "/release/verification/problems", "value": ["a.txt: is not signed"]}], "deny": ["verification"]},
	"nobody could verify": {"patch": [{"op": "add", "path": "/release/verification/ruling", "value": "not-examined"}], "unknown": ["verification"]},
	"another record of bundle_evidence": {"patch": [{"op": "add", "path": "/release/records/bundle_evidence/bound", "value": false}], "deny": ["bundle_evidence"]},
	"bundle_evidence failed": {"patch": [{"op": "add", "path": "/release/records/bundle_evidence/outcome", "value": "fail"}], "deny": ["bundle_evidence"]},
	"bundle_evidence could not look": {"patch": [{"op": "add", "path": "/release/records/bundle_evidence/outcome", "value": "not-examined"}], "unknown": ["bundle_evidence"]},
	"no record of bundle_evidence": {"patch": [{"op": "remove", "path": "/release/records/bundle_evidence"}]},
	"the evidence archive does not hold exactly what its index names": {"patch": [{"op": "add", "path": "/release/archive/intact", "value": false}], "deny": ["archive"]},
	"the archive holds no lock": {"patch": [{"op": "add", "path": "/release/archive/locks", "value": 0}], "deny": ["locks"]},
	"a file that holds credentials was left out": {"patch": [{"op": "add", "path": "/release/archive/withheld", "value": 1}], "deny": ["withheld"]},
}

test_cases if {
	every case in cases {
		fixtures.as_expected(evidence_archive, case) with input as json.patch(fixtures.evidence, case.patch)
	}
}
