package sealwright.claims.feed_fresh_test

import rego.v1

import data.sealwright.claims.lib.fixtures
import data.sealwright.claims.feed_fresh

cases := {
	"the good evidence supports it": {"patch": [], "pass": true},
	"no evidence at all": {"patch": [{"op": "remove", "path": "/release"}, {"op": "remove", "path": "/project"}]},
	"no release": {"patch": [{"op": "add", "path": "/release/present", "value": false}], "deny": ["release"]},
	"a retained file was changed": {"patch": [{"op": "add", "path": "/release/manifest/intact", "value": false}], "deny": ["manifest.json"]},
	"the release does not verify": {"patch": [{"op": "add", "path": "/release/verification/ruling", "value": "fail"}, {"op": "add", "path": "/release/verification/problems", "value": ["a.txt: is not signed"]}], "deny": ["verification"]},
	"nobody could verify": {"patch": [{"op": "add", "path": "/release/verification/ruling", "value": "not-examined"}], "unknown": ["verification"]},
	"another record of check_vulnerabilities": {"patch": [{"op": "add", "path": "/release/records/check_vulnerabilities/bound", "value": false}], "deny": ["check_vulnerabilities"]},
	"check_vulnerabilities failed": {"patch": [{"op": "add", "path": "/release/records/check_vulnerabilities/outcome", "value": "fail"}], "deny": ["check_vulnerabilities"]},
	"check_vulnerabilities could not look": {"patch": [{"op": "add", "path": "/release/records/check_vulnerabilities/outcome", "value": "not-examined"}], "unknown": ["check_vulnerabilities"]},
	"no record of check_vulnerabilities": {"patch": [{"op": "remove", "path": "/release/records/check_vulnerabilities"}]},
	"no source of advisories is named": {"patch": [{"op": "add", "path": "/release/records/check_vulnerabilities/feeds", "value": 0}], "deny": ["feeds"]},
	"a source does not say how old it is": {"patch": [{"op": "add", "path": "/release/records/check_vulnerabilities/undated_feeds", "value": 1}], "deny": ["undated"]},
	"no source says how old it is": {"patch": [{"op": "add", "path": "/release/records/check_vulnerabilities/oldest_feed_seconds", "value": -1}], "deny": ["age"]},
	"the advisories were older than 48 hours": {"patch": [{"op": "add", "path": "/release/records/check_vulnerabilities/oldest_feed_seconds", "value": 172801}], "deny": ["age"]},
}

test_cases if {
	every case in cases {
		fixtures.as_expected(feed_fresh, case) with input as json.patch(fixtures.evidence, case.patch)
	}
}
