package sealwright.claims.no_drift_test

import rego.v1

import data.sealwright.claims.lib.fixtures
import data.sealwright.claims.no_drift

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
	"the record does not say that no lock has drifted": {"patch": [{"op": "add", "path": "/release/records/check_locks/counts/drifted", "value": 1}], "deny": ["drifted"]},
	"a lock has drifted": {"patch": [{"op": "add", "path": "/release/records/check_locks/findings/lock.drift", "value": {"open": 1, "waived": 0}}], "deny": ["lock.drift"]},
	"a lock is older than its source": {"patch": [{"op": "add", "path": "/release/records/check_locks/findings/lock.stale", "value": {"open": 1, "waived": 0}}], "deny": ["lock.stale"]},
	"a lock is missing": {"patch": [{"op": "add", "path": "/release/records/check_locks/findings/lock.missing", "value": {"open": 1, "waived": 0}}], "deny": ["lock.missing"]},
	"a lock has no source": {"patch": [{"op": "add", "path": "/release/records/check_locks/findings/lock.no-source", "value": {"open": 1, "waived": 0}}], "deny": ["lock.no-source"]},
	"a lock was not checked": {"patch": [{"op": "add", "path": "/release/records/check_locks/findings/lock.unchecked", "value": {"open": 1, "waived": 0}}], "deny": ["lock.unchecked"]},
}

test_cases if {
	every case in cases {
		fixtures.as_expected(no_drift, case) with input as json.patch(fixtures.evidence, case.patch)
	}
}
