package sealwright.claims.sbom_licences_test

import rego.v1

import data.sealwright.claims.lib.fixtures
import data.sealwright.claims.sbom_licences

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
	"a component has neither a value nor the word unknown": {"patch": [{"op": "add", "path": "/release/sboms/cyclonedx/elements/component_licence/missing", "value": 1}], "deny": ["component_licence"]},
	"the rule cisa-2026.component_licence does not pass for the released SBOM": {"patch": [{"op": "add", "path": "/release/policy/cisa-2026.component_licence", "value": "fail"}], "deny": ["cisa-2026.component_licence"]},
}

test_cases if {
	every case in cases {
		fixtures.as_expected(sbom_licences, case) with input as json.patch(fixtures.evidence, case.patch)
	}
}
