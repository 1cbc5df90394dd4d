package sealwright.provenance.statement_test

import rego.v1

import data.sealwright.lib.fixtures
import data.sealwright.provenance.statement

cases := {
	"a good document passes": {"input": fixtures.document, "examined": 1},
	"another statement type is denied": {
		"input": json.patch(fixtures.document, [{"op": "replace", "path": "/provenance/statement_type", "value": "x"}]),
		"deny": ["_type"],
	},
	"no predicate type is denied": {
		"input": json.patch(fixtures.document, [{"op": "remove", "path": "/provenance/predicate_type"}]),
		"deny": ["predicateType"],
	},
	"no provenance is denied": {
		"input": json.patch(fixtures.document, [{"op": "remove", "path": "/provenance"}]),
		"deny": ["_type", "predicateType"],
	},
}

test_cases if {
	every case in cases {
		fixtures.as_expected(statement, case) with input as case.input with data.data as fixtures.settings(case)
	}
}
