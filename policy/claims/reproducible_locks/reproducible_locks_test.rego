package sealwright.claims.reproducible_locks_test

import rego.v1

import data.sealwright.claims.lib.fixtures
import data.sealwright.claims.reproducible_locks

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
	"the locks were not compiled with an empty cache": {"patch": [{"op": "add", "path": "/release/records/check_locks/options/reproducible", "value": "no"}], "deny": ["option"]},
	"no lock was compiled again": {"patch": [{"op": "add", "path": "/release/records/check_locks/counts/recompiled", "value": 0}], "deny": ["recompiled"]},
	"a lock was not compiled again": {"patch": [{"op": "add", "path": "/release/records/check_locks/counts/locks", "value": 9}], "deny": ["compiled"]},
	"a lock came out otherwise": {"patch": [{"op": "add", "path": "/release/records/check_locks/counts/reproducible", "value": 1}], "deny": ["reproducible"]},
	"a lock comes out the same only with pins of an earlier compile": {"patch": [{"op": "add", "path": "/release/records/check_locks/counts/kept", "value": 1}], "deny": ["kept"]},
	"the record does not say that no lock has drifted": {"patch": [{"op": "add", "path": "/release/records/check_locks/counts/drifted", "value": 1}], "deny": ["drifted"]},
}

test_cases if {
	every case in cases {
		fixtures.as_expected(reproducible_locks, case) with input as json.patch(fixtures.evidence, case.patch)
	}
}
