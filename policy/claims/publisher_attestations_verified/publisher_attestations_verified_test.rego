package sealwright.claims.publisher_attestations_verified_test

import rego.v1

import data.sealwright.claims.lib.fixtures
import data.sealwright.claims.publisher_attestations_verified

cases := {
	"the good evidence supports it": {"patch": [], "pass": true},
	"no evidence at all": {"patch": [{"op": "remove", "path": "/release"}, {"op": "remove", "path": "/project"}]},
	"no release": {"patch": [{"op": "add", "path": "/release/present", "value": false}], "deny": ["release"]},
	"a retained file was changed": {"patch": [{"op": "add", "path": "/release/manifest/intact", "value": false}], "deny": ["manifest.json"]},
	"the release does not verify": {"patch": [{"op": "add", "path": "/release/verification/ruling", "value": "fail"}, {"op": "add", "path": "/release/verification/problems", "value": ["a.txt: is not signed"]}], "deny": ["verification"]},
	"nobody could verify": {"patch": [{"op": "add", "path": "/release/verification/ruling", "value": "not-examined"}], "unknown": ["verification"]},
	"another record of check_publishers": {"patch": [{"op": "add", "path": "/release/records/check_publishers/bound", "value": false}], "deny": ["check_publishers"]},
	"check_publishers failed": {"patch": [{"op": "add", "path": "/release/records/check_publishers/outcome", "value": "fail"}], "deny": ["check_publishers"]},
	"check_publishers could not look": {"patch": [{"op": "add", "path": "/release/records/check_publishers/outcome", "value": "not-examined"}], "unknown": ["check_publishers"]},
	"no record of check_publishers": {"patch": [{"op": "remove", "path": "/release/records/check_publishers"}]},
	"check_publishers looked at less": {"patch": [{"op": "add", "path": "/release/records/check_publishers/counts/examined", "value": 1}], "deny": ["check_publishers"]},
	"there is no locked file": {"patch": [{"op": "add", "path": "/release/records/check_publishers/counts/files", "value": 0}, {"op": "add", "path": "/release/records/check_publishers/counts/files_examined", "value": 0}], "deny": ["files"]},
	"a file was not looked at": {"patch": [{"op": "add", "path": "/release/records/check_publishers/counts/files_examined", "value": 1}], "deny": ["examined"]},
	"no locked version is attested": {"patch": [{"op": "add", "path": "/release/records/check_publishers/counts/attested", "value": 0}], "deny": ["attested"]},
	"something about a publisher stands": {"patch": [{"op": "add", "path": "/release/records/check_publishers/open", "value": 1}], "deny": ["open"]},
	"a finding about a publisher was accepted": {"patch": [{"op": "add", "path": "/release/records/check_publishers/waived", "value": 1}], "deny": ["waived"]},
}

test_cases if {
	every case in cases {
		fixtures.as_expected(publisher_attestations_verified, case) with input as json.patch(fixtures.evidence, case.patch)
	}
}
