package sealwright.claims.hash_pinned_locks_test

import rego.v1

import data.sealwright.claims.lib.fixtures
import data.sealwright.claims.hash_pinned_locks

cases := {
	"the good evidence supports it": {"patch": [], "pass": true},
	"no evidence at all": {"patch": [{"op": "remove", "path": "/release"}, {"op": "remove", "path": "/project"}]},
	"no release": {"patch": [{"op": "add", "path": "/release/present", "value": false}], "deny": ["release"]},
	"a retained file was changed": {"patch": [{"op": "add", "path": "/release/manifest/intact", "value": false}], "deny": ["manifest.json"]},
	"the release does not verify": {"patch": [{"op": "add", "path": "/release/verification/ruling", "value": "fail"}, {"op": "add", "path": "/release/verification/problems", "value": ["a.txt: is not signed"]}], "deny": ["verification"]},
	"nobody could verify": {"patch": [{"op": "add", "path": "/release/verification/ruling", "value": "not-examined"}], "unknown": ["verification"]},
	"another record of check_locks": {"patch": [{"op": "add", "path": "/release/records/check_locks/bound", "value": false}], "deny": ["check_locks"]},
	"check_locks failed": {"patch": [{"op": "add", "path": "/release/records/check_locks/outcome", "value": "fail"}], "deny": ["check_locks"]},
	"check_locks could not look": {"patch": [{"op": "add", "path": "/release/records/check_locks/outcome", "value": "not-examined"}], "unknown": ["check_locks"]},
	"no record of check_locks": {"patch": [{"op": "remove", "path": "/release/records/check_locks"}]},
	"check_locks looked at less": {"patch": [{"op": "add", "path": "/release/records/check_locks/counts/examined", "value": 1}], "deny": ["check_locks"]},
	"an entry has no hash": {"patch": [{"op": "add", "path": "/release/records/check_locks/findings/lock.unhashed", "value": {"open": 1, "waived": 0}}], "deny": ["lock.unhashed"]},
	"an entry has a malformed hash": {"patch": [{"op": "add", "path": "/release/records/check_locks/findings/lock.malformed-hash", "value": {"open": 1, "waived": 0}}], "deny": ["lock.malformed-hash"]},
	"an entry has a hash of an unknown kind": {"patch": [{"op": "add", "path": "/release/records/check_locks/findings/lock.unknown-hash", "value": {"open": 1, "waived": 0}}], "deny": ["lock.unknown-hash"]},
	"an entry has a weak hash only": {"patch": [{"op": "add", "path": "/release/records/check_locks/findings/lock.weak-hash", "value": {"open": 1, "waived": 0}}], "deny": ["lock.weak-hash"]},
	"an entry comes from a source that can change": {"patch": [{"op": "add", "path": "/release/records/check_locks/findings/lock.mutable-source", "value": {"open": 1, "waived": 0}}], "deny": ["lock.mutable-source"]},
}

test_cases if {
	every case in cases {
		fixtures.as_expected(hash_pinned_locks, case) with input as json.patch(fixtures.evidence, case.patch)
	}
}
