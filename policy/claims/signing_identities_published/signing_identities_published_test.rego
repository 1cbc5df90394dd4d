package sealwright.claims.signing_identities_published_test

import rego.v1

import data.sealwright.claims.lib.fixtures
import data.sealwright.claims.signing_identities_published

cases := {
	"the good evidence supports it": {"patch": [], "pass": true},
	"no evidence at all": {"patch": [{"op": "remove", "path": "/release"}, {"op": "remove", "path": "/project"}]},
	"the configuration names nobody who may sign today": {"patch": [{"op": "add", "path": "/project/identities", "value": 0}], "deny": ["identities"]},
	"an identity does not say since when it may sign": {"patch": [{"op": "add", "path": "/project/undated_identities", "value": 1}], "deny": ["identities"]},
}

test_cases if {
	every case in cases {
		fixtures.as_expected(signing_identities_published, case) with input as json.patch(fixtures.evidence, case.patch)
	}
}
