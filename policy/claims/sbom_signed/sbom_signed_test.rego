package sealwright.claims.sbom_signed_test

import rego.v1

import data.sealwright.claims.lib.fixtures
import data.sealwright.claims.sbom_signed

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
	"not every file is signed": {"patch": [{"op": "add", "path": "/release/verification/signed", "value": false}], "deny": ["signatures"]},
	"an attestation is not signed, or does not say what the release says": {"patch": [{"op": "add", "path": "/release/verification/checks/attestations.signed/outcome", "value": "fail"}], "deny": ["attestations.signed"]},
}

test_cases if {
	every case in cases {
		fixtures.as_expected(sbom_signed, case) with input as json.patch(fixtures.evidence, case.patch)
	}
}
