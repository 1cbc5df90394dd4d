package sealwright.claims.deterministic_artifacts_test

import rego.v1

import data.sealwright.claims.lib.fixtures
import data.sealwright.claims.deterministic_artifacts

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
	"the evidence archive does not hold exactly what its index names": {"patch": [{"op": "add", "path": "/release/archive/intact", "value": false}], "deny": ["archive"]},
	"the moment is not that of the source": {"patch": [{"op": "add", "path": "/release/provenance/moment_from", "value": "none"}], "deny": ["moment"]},
	"a member of the archive has another moment, an owner or another place": {"patch": [{"op": "add", "path": "/release/archive/uniform", "value": false}], "deny": ["uniform"]},
	"an SBOM has another moment": {"patch": [{"op": "add", "path": "/release/sboms/spdx3/at_source_moment", "value": false}], "deny": ["timestamp"]},
}

test_cases if {
	every case in cases {
		fixtures.as_expected(deterministic_artifacts, case) with input as json.patch(fixtures.evidence, case.patch)
	}
}
