package sealwright.licences.known_test

import rego.v1

import data.sealwright.lib.fixtures
import data.sealwright.licences.known

unstated := json.patch(fixtures.document, [
	{"op": "replace", "path": "/sboms/0/licences/0/subjects", "value": ["pkg:pypi/a@1"]},
	{"op": "replace", "path": "/sboms/0/unlicensed", "value": ["path:b"]},
])

cases := {
	"a licence that cannot be decided does not pass": {"input": json.patch(fixtures.document, [{
		"op": "replace",
		"path": "/sboms/0/licences/0/alternatives",
		"value": [],
	}])},
	"a good document passes": {"input": fixtures.document, "examined": 2},
	"what is for development only is not judged": {
		"input": json.patch(fixtures.document, [
			{"op": "replace", "path": "/sboms/0/licences/0/subjects", "value": ["pkg:pypi/a@1"]},
			{"op": "replace", "path": "/sboms/0/excluded", "value": ["path:b"]},
		]),
		"data": {"licences": {"on_unknown": "deny"}},
		"examined": 1,
	},
	"unknown is reported by default": {
		"input": unstated,
		"examined": 2,
		"unknown": ["path:b"],
	},
	"unknown can leave the release unexamined": {
		"input": unstated,
		"data": {"licences": {"on_unknown": "not-examined"}},
		"unknown": ["path:b"],
	},
	"unknown can be denied": {
		"input": unstated,
		"data": {"licences": {"on_unknown": "deny"}},
		"deny": ["path:b"],
	},
	"another setting does not pass": {"input": unstated, "data": {"licences": {"on_unknown": "whatever"}}},
}

test_cases if {
	every case in cases {
		fixtures.as_expected(known, case) with input as case.input with data.data as fixtures.settings(case)
	}
}
