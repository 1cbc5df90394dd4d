package sealwright.provenance.source_commit_test

import rego.v1

import data.sealwright.lib.fixtures
import data.sealwright.provenance.source_commit

cases := {
	"a good document passes": {"input": fixtures.document, "examined": 1},
	"another commit is denied": {
		"input": json.patch(fixtures.document, [{"op": "replace", "path": "/provenance/commits", "value": ["dddddddddddddddddddddddddddddddddddddddd"]}]),
		"deny": ["buildDefinition.resolvedDependencies"],
	},
	"not knowing whether there is git does not pass": {
		"input": json.patch(fixtures.document, [{"op": "remove", "path": "/subject/under_git"}]),
	},
	"outside git there is none": {
		"input": json.patch(fixtures.document, [{"op": "replace", "path": "/subject/under_git", "value": false}]),
		"examined": 0,
	},
}

test_cases if {
	every case in cases {
		fixtures.as_expected(source_commit, case) with input as case.input with data.data as fixtures.settings(case)
	}
}
