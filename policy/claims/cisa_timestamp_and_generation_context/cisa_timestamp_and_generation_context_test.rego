package sealwright.claims.cisa_timestamp_and_generation_context_test

import rego.v1

import data.sealwright.claims.lib.fixtures
import data.sealwright.claims.cisa_timestamp_and_generation_context

cases := {
	"the good evidence supports it": {"patch": [], "pass": true},
	"no evidence at all": {"patch": [{"op": "remove", "path": "/release"}, {"op": "remove", "path": "/project"}]},
	"no release": {"patch": [{"op": "add", "path": "/release/present", "value": false}], "deny": ["release"]},
	"a retained file was changed": {"patch": [{"op": "add", "path": "/release/manifest/intact", "value": false}], "deny": ["manifest.json"]},
	"the release does not verify": {"patch": [{"op": "add", "path": "/release/verification/ruling", "value": "fail"}, {"op": "add", "path": "/release/verification/problems", "value": ["a.txt: is not signed"]}], "deny": ["verification"]},
	"nobody could verify": {"patch": [{"op": "add", "path": "/release/verification/ruling", "value": "not-examined"}], "unknown": ["verification"]},
	"the SBOM cyclonedx is not there": {"patch": [{"op": "add", "path": "/release/sboms/cyclonedx/there", "value": false}], "deny": ["cyclonedx"]},
	"the SBOM cyclonedx is not valid": {"patch": [{"op": "add", "path": "/release/sboms/cyclonedx/valid", "value": false}], "deny": ["cyclonedx"]},
	"the SBOM cyclonedx is not describes": {"patch": [{"op": "add", "path": "/release/sboms/cyclonedx/describes", "value": false}], "deny": ["cyclonedx"]},
	"the rule cisa-2026.timestamp does not pass for the released SBOM": {"patch": [{"op": "add", "path": "/release/policy/cisa-2026.timestamp", "value": "fail"}], "deny": ["cisa-2026.timestamp"]},
	"the rule cisa-2026.generation_context does not pass for the released SBOM": {"patch": [{"op": "add", "path": "/release/policy/cisa-2026.generation_context", "value": "fail"}], "deny": ["cisa-2026.generation_context"]},
}

test_cases if {
	every case in cases {
		fixtures.as_expected(cisa_timestamp_and_generation_context, case) with input as json.patch(fixtures.evidence, case.patch)
	}
}
