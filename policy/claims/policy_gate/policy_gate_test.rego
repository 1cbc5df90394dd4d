package sealwright.claims.policy_gate_test

import rego.v1

import data.sealwright.claims.lib.fixtures
import data.sealwright.claims.policy_gate

cases := {
	"the good evidence supports it": {"patch": [], "pass": true},
	"no evidence at all": {"patch": [{"op": "remove", "path": "/release"}, {"op": "remove", "path": "/project"}]},
	"no release": {"patch": [{"op": "add", "path": "/release/present", "value": false}], "deny": ["release"]},
	"a retained file was changed": {"patch": [{"op": "add", "path": "/release/manifest/intact", "value": false}], "deny": ["manifest.json"]},
	"the release does not verify": {"patch": [{"op": "add", "path": "/release/verification/ruling", "value": "fail"}, {"op": "add", "path": "/release/verification/problems", "value": ["a.txt: is not signed"]}], "deny": ["verification"]},
	"nobody could verify": {"patch": [{"op": "add", "path": "/release/verification/ruling", "value": "not-examined"}], "unknown": ["verification"]},
	"the verdict is not to allow": {"patch": [{"op": "add", "path": "/release/verdict/decision", "value": "deny"}], "deny": ["decision"]},
	"the verdict is no pass": {"patch": [{"op": "add", "path": "/release/verdict/outcome", "value": "fail"}], "deny": ["outcome"]},
	"the verdict was reached by no rule": {"patch": [{"op": "add", "path": "/release/verdict/rules", "value": 0}], "deny": ["rules"]},
	"a rule did not pass": {"patch": [{"op": "add", "path": "/release/verdict/refused", "value": 1}], "deny": ["refused"]},
	"the verdict is not the one that the provenance names, or does not allow": {"patch": [{"op": "add", "path": "/release/verification/checks/gate.verdict/outcome", "value": "fail"}], "deny": ["gate.verdict"]},
	"a profile of the project's own alone": {"patch": [{"op": "add", "path": "/release/verdict/profiles", "value": ["ours"]}], "deny": ["profiles"]},
	"no profile is named": {"patch": [{"op": "remove", "path": "/release/verdict/profiles"}], "deny": ["profiles"]},
}

test_cases if {
	every case in cases {
		fixtures.as_expected(policy_gate, case) with input as json.patch(fixtures.evidence, case.patch)
	}
}
