package sealwright.claims.second_opinion_test

import rego.v1

import data.sealwright.claims.lib.fixtures
import data.sealwright.claims.second_opinion

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
	"check_vulnerabilities looked at less": {"patch": [{"op": "add", "path": "/release/records/check_vulnerabilities/counts/examined", "value": 1}], "deny": ["check_vulnerabilities"]},
	"nobody was asked for a second opinion": {"patch": [{"op": "add", "path": "/release/records/check_vulnerabilities/options/second_opinion", "value": "no"}], "deny": ["option"]},
	"the record does not say that the two agree": {"patch": [{"op": "add", "path": "/release/records/check_vulnerabilities/counts/disagreements", "value": 1}], "deny": ["disagreements"]},
	"the second matcher did not look at everything": {"patch": [{"op": "add", "path": "/release/records/check_vulnerabilities/findings/vulnerability.second-opinion-not-examined", "value": {"open": 1, "waived": 0}}], "deny": ["vulnerability.second-opinion-not-examined"]},
	"the two do not agree": {"patch": [{"op": "add", "path": "/release/records/check_vulnerabilities/findings/vulnerability.disagreement", "value": {"open": 1, "waived": 0}}], "deny": ["vulnerability.disagreement"]},
}

test_cases if {
	every case in cases {
		fixtures.as_expected(second_opinion, case) with input as json.patch(fixtures.evidence, case.patch)
	}
}
