package sealwright.claims.exact_versions_test

import rego.v1

import data.sealwright.claims.lib.fixtures
import data.sealwright.claims.exact_versions

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
	"an entry is not pinned": {"patch": [{"op": "add", "path": "/release/records/check_locks/findings/lock.unpinned", "value": {"open": 1, "waived": 0}}], "deny": ["lock.unpinned"]},
	"an entry has no version": {"patch": [{"op": "add", "path": "/release/records/check_locks/findings/lock.unversioned", "value": {"open": 1, "waived": 0}}], "deny": ["lock.unversioned"]},
	"an entry comes from a source that can change": {"patch": [{"op": "add", "path": "/release/records/check_locks/findings/lock.mutable-source", "value": {"open": 1, "waived": 0}}], "deny": ["lock.mutable-source"]},
	"the rule base.exact_versions does not pass for the released SBOM": {"patch": [{"op": "add", "path": "/release/policy/base.exact_versions", "value": "fail"}], "deny": ["base.exact_versions"]},
}

test_cases if {
	every case in cases {
		fixtures.as_expected(exact_versions, case) with input as json.patch(fixtures.evidence, case.patch)
	}
}
