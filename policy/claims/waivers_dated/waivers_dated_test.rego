package sealwright.claims.waivers_dated_test

import rego.v1

import data.sealwright.claims.lib.fixtures
import data.sealwright.claims.waivers_dated

cases := {
	"the good evidence supports it": {"patch": [], "pass": true},
	"no evidence at all": {"patch": [{"op": "remove", "path": "/release"}, {"op": "remove", "path": "/project"}]},
	"there is no configuration to read waivers from": {"patch": [{"op": "add", "path": "/project/config", "value": false}], "deny": ["config"]},
	"a waiver lacks a reason, an owner or a date": {"patch": [{"op": "add", "path": "/project/malformed_waivers", "value": 1}], "deny": ["waivers"]},
}

test_cases if {
	every case in cases {
		fixtures.as_expected(waivers_dated, case) with input as json.patch(fixtures.evidence, case.patch)
	}
}
