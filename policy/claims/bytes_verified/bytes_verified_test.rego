package sealwright.claims.bytes_verified_test

import rego.v1

import data.sealwright.claims.lib.fixtures
import data.sealwright.claims.bytes_verified

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
	"no file was downloaded": {"patch": [{"op": "add", "path": "/release/records/check_hashes/options/bytes", "value": "no"}], "deny": ["option"]},
	"there is a locked version of which no file was downloaded": {"patch": [{"op": "add", "path": "/release/records/check_hashes/counts/files", "value": 1}], "deny": ["files"]},
	"the bytes of a file are others": {"patch": [{"op": "add", "path": "/release/records/check_hashes/findings/hash.bytes-differ", "value": {"open": 1, "waived": 0}}], "deny": ["hash.bytes-differ"]},
	"a version was not looked at": {"patch": [{"op": "add", "path": "/release/records/check_hashes/findings/hash.not-examined", "value": {"open": 1, "waived": 0}}], "deny": ["hash.not-examined"]},
}

test_cases if {
	every case in cases {
		fixtures.as_expected(bytes_verified, case) with input as json.patch(fixtures.evidence, case.patch)
	}
}
