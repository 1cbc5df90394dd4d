package sealwright.claims.dependencies_not_withdrawn_test

import rego.v1

import data.sealwright.claims.lib.fixtures
import data.sealwright.claims.dependencies_not_withdrawn

cases := {
	"the good evidence supports it": {"patch": [], "pass": true},
	"no evidence at all": {"patch": [{"op": "remove", "path": "/release"}, {"op": "remove", "path": "/project"}]},
	"no release": {"patch": [{"op": "add", "path": "/release/present", "value": false}], "deny": ["release"]},
	"a retained file was changed": {"patch": [{"op": "add", "path": "/release/manifest/intact", "value": false}], "deny": ["manifest.json"]},
	"the release does not verify": {"patch": [{"op": "add", "path": "/release/verification/ruling", "value": "fail"}, {"op": "add", "path": "/release/verification/problems", "value": ["a.txt: is not signed"]}], "deny": ["verification"]},
	"nobody could verify": {"patch": [{"op": "add", "path": "/release/verification/ruling", "value": "not-examined"}], "unknown": ["verification"]},
	"another record of check_hashes": {"patch": [{"op": "add", "path": "/release/records/check_hashes/bound", "value": false}], "deny": ["check_hashes"]},
	"check_hashes failed": {"patch": [{"op": "add", "path": "/release/records/check_hashes/outcome", "value": "fail"}], "deny": ["check_hashes"]},
	"check_hashes could not look": {"patch": [{"op": "add", "path": "/release/records/check_hashes/outcome", "value": "not-examined"}], "unknown": ["check_hashes"]},
	"no record of check_hashes": {"patch": [{"op": "remove", "path": "/release/records/check_hashes"}]},
	"check_hashes looked at less": {"patch": [{"op": "add", "path": "/release/records/check_hashes/counts/examined", "value": 1}], "deny": ["check_hashes"]},
	"the index was not asked": {"patch": [{"op": "add", "path": "/release/records/check_hashes/offline", "value": true}], "deny": ["offline"]},
	"a locked version was yanked": {"patch": [{"op": "add", "path": "/release/records/check_hashes/findings/hash.yanked", "value": {"open": 1, "waived": 0}}], "deny": ["hash.yanked"]},
	"a locked version was removed": {"patch": [{"op": "add", "path": "/release/records/check_hashes/findings/hash.version-missing", "value": {"open": 1, "waived": 0}}], "deny": ["hash.version-missing"]},
	"a project was removed": {"patch": [{"op": "add", "path": "/release/records/check_hashes/findings/hash.project-missing", "value": {"open": 1, "waived": 0}}], "deny": ["hash.project-missing"]},
	"a project is in quarantine": {"patch": [{"op": "add", "path": "/release/records/check_hashes/findings/hash.quarantined", "value": {"open": 1, "waived": 0}}], "deny": ["hash.quarantined"]},
	"a recorded hash is not served any more": {"patch": [{"op": "add", "path": "/release/records/check_hashes/findings/hash.missing", "value": {"open": 1, "waived": 0}}], "deny": ["hash.missing"]},
}

test_cases if {
	every case in cases {
		fixtures.as_expected(dependencies_not_withdrawn, case) with input as json.patch(fixtures.evidence, case.patch)
	}
}
