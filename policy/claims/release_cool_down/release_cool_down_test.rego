package sealwright.claims.release_cool_down_test

import rego.v1

import data.sealwright.claims.lib.fixtures
import data.sealwright.claims.release_cool_down

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
	"the evidence archive does not hold exactly what its index names": {"patch": [{"op": "add", "path": "/release/archive/intact", "value": false}], "deny": ["archive"]},
	"the record does not say that no lock has drifted": {"patch": [{"op": "add", "path": "/release/records/check_locks/counts/drifted", "value": 1}], "deny": ["drifted"]},
	"the moment is one that was set by hand": {"patch": [{"op": "add", "path": "/release/provenance/moment_from", "value": "source-date-epoch"}], "deny": ["moment"]},
	"no lock records its moment": {"patch": [{"op": "add", "path": "/release/cool_down/dated", "value": 0}], "deny": ["dated"]},
	"a lock does not record its moment": {"patch": [{"op": "add", "path": "/release/cool_down/undated", "value": 1}], "deny": ["undated"]},
	"a lock has an exception from the cool-down": {"patch": [{"op": "add", "path": "/release/cool_down/bypasses", "value": 1}], "deny": ["bypasses"]},
	"a lock considered releases that were younger": {"patch": [{"op": "add", "path": "/release/cool_down/days", "value": 6}], "deny": ["days"]},
}

test_cases if {
	every case in cases {
		fixtures.as_expected(release_cool_down, case) with input as json.patch(fixtures.evidence, case.patch)
	}
}
