package sealwright.claims.sbom_per_lock_test

import rego.v1

import data.sealwright.claims.lib.fixtures
import data.sealwright.claims.sbom_per_lock

cases := {
	"the good evidence supports it": {"patch": [], "pass": true},
	"no evidence at all": {"patch": [{"op": "remove", "path": "/release"}, {"op": "remove", "path": "/project"}]},
	"no release": {"patch": [{"op": "add", "path": "/release/present", "value": false}], "deny": ["release"]},
	"a retained file was changed": {"patch": [{"op": "add", "path": "/release/manifest/intact", "value": false}], "deny": ["manifest.json"]},
	"the release does not verify": {"patch": [{"op": "add", "path": "/release/verification/ruling", "value": "fail"}, {"op": "add", "path": "/release/verification/problems", "value": ["a.txt: is not signed"]}], "deny": ["verification"]},
	"nobody could verify": {"patch": [{"op": "add", "path": "/release/verification/ruling", "value": "not-examined"}], "unknown": ["verification"]},
	"another record of generate_sbom": {"patch": [{"op": "add", "path": "/release/records/generate_sbom/bound", "value": false}], "deny": ["generate_sbom"]},
	"generate_sbom failed": {"patch": [{"op": "add", "path": "/release/records/generate_sbom/outcome", "value": "fail"}], "deny": ["generate_sbom"]},
	"generate_sbom could not look": {"patch": [{"op": "add", "path": "/release/records/generate_sbom/outcome", "value": "not-examined"}], "unknown": ["generate_sbom"]},
	"no record of generate_sbom": {"patch": [{"op": "remove", "path": "/release/records/generate_sbom"}]},
	"the evidence archive does not hold exactly what its index names": {"patch": [{"op": "add", "path": "/release/archive/intact", "value": false}], "deny": ["archive"]},
	"the archive holds no SBOM of a lock": {"patch": [{"op": "add", "path": "/release/archive/lock_sboms", "value": 0}], "deny": ["archive"]},
	"there are not as many SBOMs as locks": {"patch": [{"op": "add", "path": "/release/records/generate_sbom/counts/locks", "value": 9}], "deny": ["locks"]},
}

test_cases if {
	every case in cases {
		fixtures.as_expected(sbom_per_lock, case) with input as json.patch(fixtures.evidence, case.patch)
	}
}
